#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "base/net.h"

namespace kvs {

// Of things with a member `ip`, in the order of it: those whose address is in `range`.
template <class Addressed>
std::span<const Addressed> Within(const std::vector<Addressed>& by_ip, const Prefix& range) {
  const auto first = std::ranges::lower_bound(by_ip, range.address(), {}, &Addressed::ip);
  const auto last = std::partition_point(
      first, by_ip.end(), [&](const Addressed& one) { return range.Contains(one.ip); });
  return {first, last};
}

}  // namespace kvs
