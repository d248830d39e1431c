#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "io/loop.h"
#include "netlink/listener.h"

namespace kvs::netlink {

// What one transaction of nftables has changed, and which process made it.
struct NftCommit {
  uint32_t generation = 0;  // of all rulesets, after it
  uint32_t pid = 0;     // in the first pid namespace, where a container's are others; 0: not known
  std::string process;  // its name, as in /proc/PID/comm
  std::set<std::pair<uint8_t, std::string>> tables;  // family (NFPROTO_...) and name

  bool Touches(uint8_t family, std::string_view table) const {
    return tables.contains({family, std::string(table)});
  }
};

// Reports every change of a ruleset in this network namespace, whichever program made it (`nft
// monitor`). It reports the changed tables only, because kube-proxy changes thousands of rules at a
// time.
class NftMonitor {
 public:
  struct Handlers {
    std::function<void(const NftCommit&)> on_commit;
    std::function<void()> on_resync;  // changes were lost, as more came than were read
  };

  static Result<std::unique_ptr<NftMonitor>> Open(io::Loop& loop, const Handlers& handlers);
  NftMonitor(const NftMonitor&) = delete;
  NftMonitor& operator=(const NftMonitor&) = delete;

 private:
  explicit NftMonitor(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

  std::unique_ptr<Listener> listener_;
};

}  // namespace kvs::netlink
