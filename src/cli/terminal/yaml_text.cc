#include "cli/terminal/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <string>

namespace kvs::cli {
namespace {

namespace json = boost::json;

// Whether it is the same string without quotes: for example a name, but not "yes", a number or a
// time.
bool IsPlain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !letter(text.front()) || text.back() == ':') return false;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9') && std::string_view("_./:-").find(c) == text.npos)
      return false;
  std::string word(text);
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  static constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                                "on",   "off",  "y",     "n"};
  return std::ranges::find(kWords, word) == std::end(kWords);
}

// JSON's "\ud83d\ude00" is "\U0001f600" in YAML.
std::string JoinSurrogates(std::string text) {
  const auto half = [&](size_t at) {
    unsigned code = 0;
    if (text.compare(at, 2, "\\u") == 0 && at + 6 <= text.size())
      std::from_chars(text.data() + at + 2, text.data() + at + 6, code, 16);
    return code;
  };
  for (size_t at = text.find('\\'); at != text.npos; at = text.find('\\', at + 2)) {
    const unsigned high = half(at), low = high >> 10 == 0x36 ? half(at + 6) : 0;
    if (low >> 10 != 0x37) continue;
    const unsigned code = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    text.replace(at, 12, fmt::format("\\U{:08x}", code));
  }
  return text;
}

std::string Quoted(std::string_view text) {
  return IsPlain(text) ? std::string(text)
                       : JoinSurrogates(Printable(json::serialize(json::string(text))));
}

bool IsOneLine(const json::value& value) {
  if (value.is_object()) return value.get_object().empty();
  return !value.is_array() || value.get_array().empty();
}

std::string OneLine(const json::value& value) {
  return value.is_string() ? Quoted(value.get_string()) : json::serialize(value);
}

// Adds the lines of `value`, which has several, each after `indent`; the first after `first`.
void Add(const json::value& value, const std::string& first, const std::string& indent, Text& to) {
  std::string before = first;
  const auto line = [&](const std::string& text) {
    to += Text::Format("{}\n", Text::Whole(before + text));
    before = indent;
  };
  if (value.is_array()) {
    for (const json::value& item : value.get_array())
      if (IsOneLine(item)) {
        line("- " + OneLine(item));
      } else {
        Add(item, before + "- ", indent + "  ", to);
        before = indent;
      }
    return;
  }
  for (const json::key_value_pair& entry : value.get_object()) {
    const std::string key = Quoted(entry.key());
    if (IsOneLine(entry.value())) {
      line(key + ": " + OneLine(entry.value()));
      continue;
    }
    line(key + ":");
    const std::string deeper = entry.value().is_array() ? indent : indent + "  ";
    Add(entry.value(), deeper, deeper, to);
  }
}

}  // namespace

Text YamlText(const json::value& value) {
  if (IsOneLine(value)) return Text::Format("{}\n", Text::Whole(OneLine(value)));
  Text text;
  Add(value, "", "", text);
  return text;
}

}  // namespace kvs::cli
