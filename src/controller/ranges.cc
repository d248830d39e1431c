#include "controller/ranges.h"

#include <iterator>

namespace kvs::controller {
namespace {

// The address after the range; nullopt at the end of the family.
std::optional<Ip> Behind(const Prefix& range) {
  if (range.length() == 0) return std::nullopt;
  Ip6 six;
  Ip4 four;
  if (range.address().is6())
    six = range.address().v6();
  else
    four = range.address().v4();
  uint8_t* bytes = range.address().is6() ? six.bytes.data() : four.bytes.data();
  int at = (range.length() - 1) / 8;
  int carry = 0x80 >> ((range.length() - 1) % 8);
  for (; at >= 0 && carry != 0; --at) {
    const int sum = bytes[at] + carry;
    bytes[at] = static_cast<uint8_t>(sum);
    carry = sum >> 8;
  }
  if (carry != 0) return std::nullopt;
  return range.address().is6() ? Ip(six) : Ip(four);
}

}  // namespace

const std::pair<const Prefix, std::string>* Ranges::Overlapping(const Prefix& range) const {
  // An overlapping range is the last that begins at or before it, or the first that begins within
  // it.
  const auto after = taken_.lower_bound(range);
  if (after != taken_.end() && after->first.Overlaps(range)) return &*after;
  if (after != taken_.begin() && std::prev(after)->first.Overlaps(range)) return &*std::prev(after);
  return nullptr;
}

bool Ranges::Take(const Prefix& range, const std::string& node) {
  return !Overlapping(range) && taken_.emplace(range, node).second;
}

void Ranges::Release(const Prefix& range, const std::string& node) {
  const auto at = taken_.find(range);
  if (at != taken_.end() && at->second == node) taken_.erase(at);
}

std::optional<Prefix> Ranges::TakeLowest(const Prefix& cluster, int length,
                                         const std::string& node) {
  const auto [cursor, is_first] =
      cursors_.try_emplace({cluster, length}, Prefix(cluster.address(), length));
  for (Prefix& next = cursor->second; cluster.Contains(next);) {
    const auto* taken = Overlapping(next);
    const Prefix found = next;
    // A shorter range that is taken is skipped as a whole.
    const auto behind = Behind(taken && taken->first.length() < length ? taken->first : next);
    if (!taken) {
      Take(found, node);  // the cursor stays: the next search finds this one taken
      return found;
    }
    if (!behind) return std::nullopt;
    next = Prefix(*behind, length);
  }
  return std::nullopt;
}

}  // namespace kvs::controller
