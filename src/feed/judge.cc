#include "feed/judge.h"

#include <algorithm>

namespace kvs::feed {
namespace {

struct Special {
  const char* range;
  const char* what;
};

// RFC 6890: nobody routes to these, or not as to hosts.
constexpr Special kSpecial[] = {
    {"0.0.0.0/8", "this network"},    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local"}, {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved"},      {"::/127", "loopback or unspecified"},
    {"::ffff:0:0/96", "IPv4-mapped"}, {"fe80::/10", "link-local"},
    {"ff00::/8", "multicast"},
};

const Special* FindSpecial(const Prefix& range) {
  for (const Special& special : kSpecial)
    if (Prefix::Parse(special.range)->Overlaps(range)) return &special;
  return nullptr;
}

}  // namespace

Judge::Judge(std::vector<Taken> taken) : taken_(std::move(taken)) {
  std::ranges::stable_sort(taken_, {}, &Taken::ip);
}

std::string Judge::ObjectionToPods(const Prefix& range) const {
  if (const Special* special = FindSpecial(range))
    return fmt::format("{} is no range for pods: it overlaps {} ({})", range, special->range,
                       special->what);
  const auto first = std::ranges::lower_bound(taken_, range.address(), {}, &Taken::ip);
  if (first == taken_.end() || !range.Contains(first->ip)) return "";
  return fmt::format("{} contains {}, which is {}", range, first->ip, first->whose);
}

std::string Judge::ObjectionToOverlay(const Ip& ip) {
  const Special* special = FindSpecial(Prefix::Host(ip));
  return special == nullptr ? ""
                            : fmt::format("{} is no address of a node: it is of {} ({})", ip,
                                          special->range, special->what);
}

}  // namespace kvs::feed
