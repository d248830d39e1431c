#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

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

struct Range {
  uint32_t first, last;
};

// General_Category Cc, Cf, Zl and Zp (UnicodeData.txt) and Default_Ignorable_Code_Point
// (DerivedCoreProperties.txt), of Unicode 15.0, without U+FE00 to U+FE0F.
constexpr Range kHarmful[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
    {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

bool IsHarmless(uint32_t code) {
  const Range* past = std::ranges::upper_bound(kHarmful, code, {}, &Range::first);
  return past == std::begin(kHarmful) || std::prev(past)->last < code;
}

// As JSON has it (RFC 8259, 7): of UTF-16.
std::string Escape(uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code < 0x10000) return fmt::format("\\u{:04x}", code);
  const uint32_t rest = code - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 | rest >> 10, 0xdc00 | (rest & 0x3ff));
}

constexpr size_t kMostEscape = 12;  // bytes

// Of an escape at the front of `text`, a pair of UTF-16 being one; 1 if there is none.
size_t EscapeSize(std::string_view text) {
  if (text.starts_with("\\n") || text.starts_with("\\t")) return 2;
  if (!text.starts_with("\\u")) return 1;
  const bool pair = text.size() > 3 && text[2] == 'd' && text[3] >= '8' && text[3] <= 'b';
  return pair ? kMostEscape : kMostEscape / 2;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = FirstOf(text);
    const bool valid = letter.size > 1 || letter.code < 0x80;
    if (valid && IsHarmless(letter.code))
      shown += text.substr(0, letter.size);
    else
      shown += Escape(letter.code);
    text.remove_prefix(letter.size);
  }
  return shown;
}

std::string Printable(std::string_view text, size_t most) {
  constexpr std::string_view kMore = "...";
  // No letter becomes shorter.
  std::string all = Printable(text.substr(0, most + kMostEscape));
  if (all.size() <= most) return all;
  std::string_view shown = CutTo(all, most - std::min(most, kMore.size()));
  for (size_t at = shown.rfind('\\'); at != shown.npos; at = shown.rfind('\\')) {
    if (at + EscapeSize(std::string_view(all).substr(at)) <= shown.size()) break;
    shown = shown.substr(0, at);
  }
  return fmt::format("{}{}", shown, kMore);
}

std::string_view CutTo(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && Continues(text[most])) --most;
  return text.substr(0, most);
}

}  // namespace kvs
