#include "controller/refusal.h"

#include "base/usable.h"
#include "base/within.h"
#include "controller/settings.h"

namespace kvs::controller {
namespace {

// The network's address, the node's two addresses and, in IPv4, the broadcast address are not for
// pods.
bool HasRoom(const Prefix& range) { return range.size() > (range.address().is6() ? 3 : 4); }

std::string Holds(const Prefix& range, const TakenAddress& address) {
  return fmt::format(
      "{} contains {}, {}; choose a range without addresses of nodes or of the API server", range,
      address.ip, address.whose);
}

}  // namespace

std::string WhyRefused(const Prefix& range, bool has_it, const std::vector<TakenAddress>& addresses,
                       const std::vector<Prefix>& services) {
  if (std::string why = WhyNoPodRange(range); !why.empty()) return why;
  if (!HasRoom(range))
    return fmt::format(
        "{} has no room for a pod beside the node's own addresses; give the node a "
        "larger range",
        range);
  for (const TakenAddress& address : Within(addresses, range))
    if (address.in_use || !has_it)
      return fmt::format(
          "{} contains {}, {}; give the node a range without addresses of nodes or of the API "
          "server",
          range, address.ip, address.whose);
  if (has_it) return {};
  return Overlap({range}, services);
}

std::string WhyRefused(const Ip& ip, const NodeRanges& allocated,
                       const std::vector<Prefix>& services) {
  if (std::string why = WhyNoOverlayIp(ip); !why.empty()) return why;
  for (const auto& [range, node] : allocated)
    if (range.Contains(ip))
      return fmt::format("{} is within {}, the pod range of Node/{}; give the node another address",
                         ip, range, node);
  for (const Prefix& range : services)
    if (range.Contains(ip))
      return fmt::format(
          "{} is within the Services' range {}; give the node another address, or correct "
          "serviceCIDR",
          ip, range);
  return {};
}

std::string WhyNoServices(const std::vector<Prefix>& ranges, bool are_new,
                          const std::vector<TakenAddress>& addresses, const NodeRanges& in_use) {
  for (const Prefix& range : ranges) {
    for (const auto& [pods, node] : in_use)
      if (range.Overlaps(pods))
        return fmt::format(
            "{} for Services overlaps {}, the pod range of Node/{}; choose ranges that don't "
            "overlap",
            range, pods, node);
    if (!are_new) continue;
    for (const TakenAddress& address : Within(addresses, range))
      if (!address.api_server || address.ip != range.At(1)) return Holds(range, address);
  }
  return {};
}

std::string WhyNotPods(const std::vector<Prefix>& ranges,
                       const std::vector<TakenAddress>& addresses) {
  for (const Prefix& range : ranges)
    for (const TakenAddress& address : Within(addresses, range)) return Holds(range, address);
  return {};
}

}  // namespace kvs::controller
