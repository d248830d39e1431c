#include "feed/judge.h"

#include <algorithm>

#include "base/usable.h"

namespace kvs::feed {

Judge::Judge(std::vector<Taken> taken) : taken_(std::move(taken)) {
  std::ranges::stable_sort(taken_, {}, &Taken::ip);
}

std::string Judge::ObjectionToPods(const Prefix& range) const {
  if (std::string why = WhyNoPodRange(range); !why.empty()) return why;
  const auto first = std::ranges::lower_bound(taken_, range.address(), {}, &Taken::ip);
  if (first == taken_.end() || !range.Contains(first->ip)) return "";
  return fmt::format("{} contains {}, which is {}", range, first->ip, first->whose);
}

}  // namespace kvs::feed
