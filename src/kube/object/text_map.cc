#include "kube/object/text_map.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace kvs::kube {
namespace {

struct Sizes {
  uint32_t key, value;
};

}  // namespace

void TextMap::Iterator::Read() {
  if (rest_.empty()) return;
  Sizes sizes{};
  std::memcpy(&sizes, rest_.data(), sizeof sizes);
  entry_ = {rest_.substr(sizeof sizes, sizes.key),
            rest_.substr(sizeof sizes + sizes.key, sizes.value)};
}

TextMap::Iterator& TextMap::Iterator::operator++() {
  rest_.remove_prefix(sizeof(Sizes) + entry_.first.size() + entry_.second.size());
  Read();
  return *this;
}

TextMap::TextMap(std::vector<Entry> entries) {
  std::ranges::stable_sort(entries, std::less{}, &Entry::first);
  std::string packed;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    if (i + 1 < entries.size() && entries[i + 1].first == key) continue;
    const Sizes sizes{static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())};
    packed.append(reinterpret_cast<const char*>(&sizes), sizeof sizes).append(key).append(value);
  }
  packed_ = Interned(std::move(packed));
}

TextMap::Iterator TextMap::find(std::string_view key) const {
  return std::find_if(begin(), end(), [key](const Entry& one) { return one.first == key; });
}

TextMap TextMap::With(const TextMap& other) const {
  std::vector<Entry> entries(begin(), end());
  entries.insert(entries.end(), other.begin(), other.end());
  return TextMap(std::move(entries));
}

}  // namespace kvs::kube
