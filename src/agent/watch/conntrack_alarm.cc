#include "agent/watch/conntrack_alarm.h"

#include <fmt/format.h>

namespace kvs::agent {
namespace {

// The problem begins at the first and ends below the second, so that it does not alternate.
constexpr uint64_t kFullPercent = 80, kOverPercent = 70;

// The texts contain no number that changes all the time, because a problem is the same only as long
// as its text is. /metrics has the numbers.
std::string Remedy(uint64_t size, bool netdev, const std::string& zone) {
  const std::string datapath = ovsdb::DatapathOf(netdev ? "netdev" : "system");
  const std::string raise =
      netdev ? fmt::format(
                   "ovs-appctl dpctl/ct-set-maxconns {} {} (after each start of "
                   "ovs-vswitchd)",
                   datapath, size * 2)
             : fmt::format("sysctl -w net.netfilter.nf_conntrack_max={} (and in /etc/sysctl.d)",
                           size * 2);
  return fmt::format(
      "find the pods with the most connections: ovs-appctl dpctl/dump-conntrack {}{} | grep -o "
      "'orig=(src=[^,]*' | sort | uniq -c | sort -n | tail; or enlarge the table: {}",
      datapath, zone, raise);
}

}  // namespace

bool ConntrackAlarm::NearlyFull(const std::string& what, uint64_t used, uint64_t most) {
  const uint64_t from = full_.contains(what) ? kOverPercent : kFullPercent;
  const bool full = most > 0 && used * 100 >= most * from;
  if (full)
    full_.insert(what);
  else
    full_.erase(what);
  return full;
}

void ConntrackAlarm::Update(const feed::ConntrackTable& table,
                            const std::vector<ovsdb::ZoneLimit>& zones, bool netdev) {
  problems_.clear();
  const uint64_t size = table.size().value_or(0);
  const std::string whole = "conntrack table";
  if (!table.failure().empty())
    problems_.push_back(
        {"Host", whole,
         table.failure() + "; its size is unknown, so pods' share of it is not limited",
         "ConntrackUnknown"});
  if (NearlyFull(whole, table.used(), size))
    problems_.push_back(
        {"Host", whole,
         fmt::format("{} % of its {} connections are in use; when it is full, no pod {}can open a "
                     "new one; {}",
                     kFullPercent, size, netdev ? "" : "and no program of the node ",
                     Remedy(size, netdev, "")),
         "ConntrackNearlyFull"});
  for (const ovsdb::ZoneLimit& zone : zones) {
    const std::string name = fmt::format("conntrack zone {}", zone.zone);
    if (!NearlyFull(name, zone.count, zone.limit)) continue;
    problems_.push_back({"Host", name,
                         fmt::format("{} % of the limit of {} connections of this node's pods is "
                                     "in use; at the limit, no pod can open a new one; {}",
                                     kFullPercent, zone.limit,
                                     Remedy(size, netdev, fmt::format(" zone={}", zone.zone))),
                         "ConntrackNearlyFull"});
  }
}

}  // namespace kvs::agent
