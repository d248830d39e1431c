#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace kvs {

// The number that `text` is as a whole; nothing if there is more or less, or it is too large for T.
template <class T>
std::optional<T> WholeNumber(std::string_view text, int base = 10) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || read != end) return std::nullopt;
  return value;
}

}  // namespace kvs
