#include "ovsdb/names.h"

#include <fmt/format.h>

#include <charconv>

#include "base/hash.h"

namespace kvs::ovsdb {

std::string PortName(uint64_t index) { return fmt::format("kv{:x}", index); }

std::optional<uint64_t> IndexOfPort(std::string_view name) {
  if (!name.starts_with("kv")) return std::nullopt;
  uint64_t index = 0;
  std::from_chars(name.data() + 2, name.data() + name.size(), index, 16);
  if (PortName(index) != name) return std::nullopt;
  return index;
}

std::string ForeignPortName(std::string_view attachment) {
  return fmt::format("kvx{:011x}", StableHash(attachment) & 0xfff'ffff'ffff);
}

std::optional<int64_t> OfportOf(uint64_t index) {
  constexpr uint64_t kFirst = 16, kLast = 60000;
  if (index > kLast - kFirst) return std::nullopt;
  return static_cast<int64_t>(index + kFirst);
}

}  // namespace kvs::ovsdb
