#include "flow/text.h"

#include <algorithm>
#include <charconv>

namespace kvs::flow {
namespace {

constexpr std::string_view kBlanks = ", \t\r\n";

constexpr std::pair<std::string_view, OfPort> kPorts[] = {
    {"IN_PORT", kPortInPort}, {"TABLE", kPortTable}, {"NORMAL", kPortNormal},
    {"FLOOD", kPortFlood},    {"ALL", kPortAll},     {"CONTROLLER", kPortController},
    {"LOCAL", kPortLocal},    {"ANY", kPortAny},     {"NONE", kPortAny},
};

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// The length of the first piece of the text; npos if its parentheses do not pair.
size_t PieceLength(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth < 0) return std::string_view::npos;
    if (depth == 0 && kBlanks.find(text[i]) != std::string_view::npos) return i;
  }
  return depth == 0 ? text.size() : std::string_view::npos;
}

}  // namespace

Result<Token> ParseToken(std::string_view text) {
  Token token{.text = text, .key = text, .value = {}, .separator = 0};
  const size_t end = text.find_first_of("=:(");
  if (end == std::string_view::npos) return token;
  token.key = text.substr(0, end);
  token.separator = text[end];
  token.value = text.substr(end + 1);
  if (token.separator == '(') {
    if (token.value.empty() || token.value.back() != ')') {
      return Fail("{}: \"{}\" does not end with a parenthesis", token.key, text);
    }
    token.value.remove_suffix(1);
  }
  return token;
}

Result<std::vector<Token>> Tokens(std::string_view text) {
  std::vector<Token> tokens;
  while (true) {
    const size_t start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return tokens;
    text.remove_prefix(start);
    const size_t length = PieceLength(text);
    if (length == std::string_view::npos) return Fail("\"{}\": parentheses do not pair", text);
    auto token = ParseToken(text.substr(0, length));
    if (!token) return tl::unexpected(token.error());
    tokens.push_back(*token);
    text.remove_prefix(length);
  }
}

Result<uint64_t> ParseNumber(std::string_view name, std::string_view text, uint64_t max) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
  const bool whole = end == digits.data() + digits.size() && !digits.empty();
  if (error == std::errc::invalid_argument || !whole) {
    return Fail("{}: \"{}\" is not a number", name, text);
  }
  if (error != std::errc{} || number > max) {
    return Fail("{}: {} is too large, at most {} fits", name, text, max);
  }
  return number;
}

Result<Value> ParseWideNumber(std::string_view name, std::string_view text, int bits) {
  constexpr size_t kDigits = 16;  // of 64 bits
  const bool wide = text.starts_with("0x") && text.size() > 2 + kDigits;
  if (!wide) {
    const uint64_t max = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
    return ParseNumber(name, text, max).map(Value::FromInt);
  }
  const size_t split = text.size() - kDigits;
  auto high = ParseNumber(name, text.substr(0, split), ~uint64_t{0});
  auto low = ParseNumber(name, fmt::format("0x{}", text.substr(split)), ~uint64_t{0});
  if (!high || !low) return Fail("{}: \"{}\" is not a number of {} bits", name, text, bits);
  Value value = Value::FromInt(*high).Shifted(64);
  const Value tail = Value::FromInt(*low);
  std::copy(tail.bytes.begin() + 8, tail.bytes.end(), value.bytes.begin() + 8);
  if (value != (value & Value::Ones(bits))) {
    return Fail("{}: {} is too large, {} bits fit", name, text, bits);
  }
  return value;
}

std::string HexText(const Value& value) {
  const uint64_t high = value.Shifted(-64).ToInt(), low = value.ToInt();
  if (high != 0) return fmt::format("{:#x}{:016x}", high, low);
  return low == 0 ? "0" : fmt::format("{:#x}", low);
}

std::string PortText(OfPort port) {
  for (const auto& [name, number] : kPorts) {
    if (number == port) return std::string(name);
  }
  return std::to_string(port);
}

std::optional<OfPort> PortByName(std::string_view name) {
  for (const auto& [port, number] : kPorts) {
    if (std::ranges::equal(name, port, {}, Upper)) return number;
  }
  return std::nullopt;
}

Result<OfPort> ParsePort(std::string_view name, std::string_view text) {
  if (const auto reserved = PortByName(text)) return *reserved;
  auto number = ParseNumber<OfPort>(name, text);
  if (!number) return Fail("{}: \"{}\" is not a port number or a reserved port", name, text);
  return *number;
}

}  // namespace kvs::flow
