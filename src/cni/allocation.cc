#include "cni/allocation.h"

#include <algorithm>
#include <limits>

#include "base/hash.h"

namespace kvs::cni {

Outcome<AddressPool> AddressPool::Over(const std::vector<Prefix>& ranges) {
  AddressPool pool;
  pool.ranges_ = ranges;
  if (ranges.empty())
    return Refuse(Code::kTryLater, "this node has no pod range yet; see `kvs status`");
  pool.end_ = pool.first() + kMostPods;
  for (const Prefix& range : ranges)
    pool.end_ = std::min(pool.end_, range.size() - (range.address().is4() ? 1 : 0));
  if (pool.end_ <= pool.first())
    return Refuse(Code::kTryLater,
                  "the node's pod range {} has no room for a pod; give the node a larger one",
                  pool.ToString());
  return pool;
}

std::optional<uint64_t> AddressPool::Pick(std::string_view owner,
                                          const std::set<uint64_t>& taken) const {
  const uint64_t start = first() + StableHash(owner) % (end_ - first());
  const auto free_in = [&](uint64_t from, uint64_t to) -> std::optional<uint64_t> {
    for (auto at = taken.lower_bound(from); at != taken.end() && *at == from; ++at) ++from;
    return from < to ? std::optional(from) : std::nullopt;
  };
  if (const auto after = free_in(start, end_)) return after;
  return free_in(first(), start);
}

std::vector<Ip> AddressPool::At(uint64_t index) const {
  std::vector<Ip> ips;
  for (const Prefix& range : ranges_)
    if (const auto ip = range.At(index)) ips.push_back(*ip);
  return ips;
}

Outcome<uint64_t> AddressPool::IndexOf(const std::vector<Ip>& ips) const {
  std::optional<uint64_t> index;
  for (const Ip& ip : ips) {
    std::optional<uint64_t> one;
    for (const Prefix& range : ranges_)
      if (range.Contains(ip)) one = range.IndexOf(ip);
    if (!one || *one < first() || *one >= end_)
      return Refuse(Code::kBadConfig, "runtimeConfig.ips: {} can't be a pod's address in {}", ip,
                    ToString());
    if (index && index != one)
      return Refuse(Code::kBadConfig,
                    "runtimeConfig.ips: {} and {} don't have the same index in {}; request {}",
                    ips.front(), ip, ToString(), Join(At(*index)));
    index = one;
  }
  if (!index) return Refuse(Code::kBadConfig, "runtimeConfig.ips is empty");
  return *index;
}

Mac MacOf(const std::vector<Ip>& ips) {
  const auto four = std::ranges::find_if(ips, &Ip::is4);
  const uint32_t tail = four != ips.end()
                            ? four->v4().ToInt()
                            : static_cast<uint32_t>(StableHash(std::string_view(
                                  reinterpret_cast<const char*>(ips.front().data()), 16)));
  return Mac{{0x0a, 0x58, static_cast<uint8_t>(tail >> 24), static_cast<uint8_t>(tail >> 16),
              static_cast<uint8_t>(tail >> 8), static_cast<uint8_t>(tail)}};
}

}  // namespace kvs::cni
