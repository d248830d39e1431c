#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "base/net.h"

namespace kvs {

// The elements of a range sorted by their member `ip` whose address is in `range`.
template <class Addressed>
std::span<const Addressed> Within(const std::vector<Addressed>& by_ip, const Prefix& range) {
  const auto first = std::ranges::lower_bound(by_ip, range.address(), {}, &Addressed::ip);
  const auto last = std::partition_point(
      first, by_ip.end(), [&](const Addressed& one) { return range.Contains(one.ip); });
  return {first, last};
}

}  // namespace kvs
