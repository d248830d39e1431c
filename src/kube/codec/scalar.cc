#include "kube/codec/scalar.h"

#include <algorithm>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "base/number.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

constexpr std::string_view kNull[] = {"", "~", "null", "Null", "NULL"};
constexpr std::string_view kTrue[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON"};
constexpr std::string_view kFalse[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                       "False", "FALSE", "off", "Off", "OFF"};

std::optional<json::value> Integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
    base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  const auto value = WholeNumber<uint64_t>(text, base);
  if (!value) return std::nullopt;
  if (!negative && *value > INT64_MAX) return *value;
  if (negative && *value > uint64_t{1} << 63) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - *value : *value);
}

std::optional<json::value> Float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool looks = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
                     text.find_first_not_of("0123456789+-.eE") == text.npos;
  if (!looks) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

json::value ResolvePlain(std::string_view text) {
  if (std::ranges::count(kNull, text)) return nullptr;
  if (std::ranges::count(kTrue, text)) return true;
  if (std::ranges::count(kFalse, text)) return false;
  if (auto integer = Integer(text)) return *integer;
  if (auto real = Float(text)) return *real;
  return json::string(text);
}

bool MayBePlain(std::string_view text) {
  const auto safe = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '/' || c == '-' || c == '_';
  };
  // "-" and "." begin list items and document ends.
  return !text.empty() && text[0] != '-' && text[0] != '.' && std::ranges::all_of(text, safe) &&
         ResolvePlain(text).is_string();
}

}  // namespace kvs::kube
