#include "base/printable.h"

#include <fmt/format.h>

#include <cstdint>

namespace kvs {
namespace {

constexpr uint32_t kReplacement = 0xfffd;  // of a byte that isn't UTF-8

struct Letter {
  uint32_t code = kReplacement;
  size_t size = 1;  // bytes
};

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The first of `text`, which isn't empty.
Letter FirstOf(std::string_view text) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // code by size; less is overlong
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc0 || first >= 0xf8 || size > text.size()) return {};
  uint32_t code = first & (0x7fu >> size);
  for (const char byte : text.substr(1, size - 1)) {
    if (!Continues(byte)) return {};
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kLeast[size] || code > 0x10ffff || surrogate) return {};
  return {code, size};
}

bool IsHarmless(uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !control && !turns && code != 0x2028 && code != 0x2029;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = FirstOf(text);
    const bool valid = letter.size > 1 || letter.code < 0x80;
    if (letter.code == '\n')
      shown += "\\n";
    else if (letter.code == '\t')
      shown += "\\t";
    else if (valid && IsHarmless(letter.code))
      shown += text.substr(0, letter.size);
    else
      shown += fmt::format("\\u{:04x}", letter.code);
    text.remove_prefix(letter.size);
  }
  return shown;
}

std::string_view CutTo(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && Continues(text[most])) --most;
  return text.substr(0, most);
}

}  // namespace kvs
