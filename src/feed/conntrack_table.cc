#include "feed/conntrack_table.h"

#include <utility>

#include "netlink/interface.h"
#include "ovsdb/dpctl.h"

namespace kvs::feed {
namespace {

Result<uint64_t> CountIn(const Result<std::string>& text) {
  return text ? ovsdb::ParseCount(*text) : tl::unexpected<Error>(text.error());
}

}  // namespace

void ConntrackTable::Look(bool netdev) {
  if (!netdev) {
    const auto read = [&](const char* path) {
      return CountIn(netlink::ReadSysctl(path, proc_sys_));
    };
    return Saw(read("net/netfilter/nf_conntrack_max"), read("net/netfilter/nf_conntrack_count"));
  }
  if (std::exchange(looking_, true)) return;
  const std::string datapath = ovsdb::DatapathOf("netdev");
  vswitchd_.Ask("dpctl/ct-get-maxconns", {datapath}, [=, this](const Result<std::string>& size) {
    vswitchd_.Ask("dpctl/ct-get-nconns", {datapath},
                  [this, size = CountIn(size)](const Result<std::string>& used) {
                    looking_ = false;
                    Saw(size, CountIn(used));
                  });
  });
}

// Known values stay if reading fails.
void ConntrackTable::Saw(const Result<uint64_t>& size, const Result<uint64_t>& used) {
  const auto before = std::pair(size_, failure_);
  failure_ = !size ? size.error().message : !used ? used.error().message : "";
  if (failure_.empty()) {
    size_ = *size;
    used_ = *used;
    crowded_ = used_ * 100 > *size_ * (crowded_ ? 40 : 50);
  }
  if (std::pair(size_, failure_) != before) on_change_();
}

}  // namespace kvs::feed
