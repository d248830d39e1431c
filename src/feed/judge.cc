#include "feed/judge.h"

#include <algorithm>

#include "base/usable.h"
#include "base/within.h"

namespace kvs::feed {

Judge::Judge(std::vector<Taken> taken) : taken_(std::move(taken)) {
  std::ranges::stable_sort(taken_, {}, &Taken::ip);
}

std::string Judge::ObjectionToPods(const Prefix& range) const {
  if (std::string why = WhyNoPodRange(range); !why.empty()) return why;
  const auto inside = Within(taken_, range);
  if (inside.empty()) return "";
  return fmt::format("{} contains {}, which is {}", range, inside.front().ip, inside.front().whose);
}

std::string Judge::ObjectionToPod(const Ip& ip) const {
  if (std::string why = WhyNoPodIp(ip); !why.empty()) return why;
  const auto same = Within(taken_, Prefix::Host(ip));
  if (same.empty()) return "";
  return fmt::format("{} is {} and can't be a pod's; choose another address", ip,
                     same.front().whose);
}

}  // namespace kvs::feed
