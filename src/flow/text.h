#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/field.h"
#include "flow/ofport.h"

// The elements that the texts of matches, actions, flows and groups share (as ovs-ofctl writes
// them): tokens, numbers, ports and values of fields. Only flow/ includes this.
namespace kvs::flow {

// "key", "key=value", "key:value" or "key(value)", as views of the text.
struct Token {
  std::string_view text, key, value;
  char separator = 0;  // '=', ':', '(', or 0 without a value
};

// Splits at commas and blanks outside of parentheses. Fails if the parentheses don't match.
Result<std::vector<Token>> Tokens(std::string_view text);
// Parses a single token.
Result<Token> ParseToken(std::string_view text);

// Decimal, or hexadecimal with 0x. `name` is used in the error message.
Result<uint64_t> ParseNumber(std::string_view name, std::string_view text, uint64_t max);
template <class T>
Result<T> ParseNumber(std::string_view name, std::string_view text) {
  return ParseNumber(name, text, T(~T{0})).map([](uint64_t n) { return static_cast<T>(n); });
}
// The same for numbers of up to `bits` bits.
Result<Value> ParseWideNumber(std::string_view name, std::string_view text, int bits);
std::string HexText(const Value& value);  // 0x2a; 0 is "0"

// LOCAL, IN_PORT, ... or the number.
std::string PortText(OfPort port);
std::optional<OfPort> PortByName(std::string_view name);  // in any case
Result<OfPort> ParsePort(std::string_view name, std::string_view text);

struct MaskedValue {
  Value value, mask;
  bool IsExact(Field field) const { return mask == Value::Ones(InfoOf(field).bits); }
};

// As in set_field: "10.1.0.0/16", "0x5/0xff". A few fields are written differently in matches
// (match_text.cc).
std::string ValueText(Field field, const Value& value, const Value& mask);
// Fails if the text is not a value of the field, is too large, or has a mask that the field does
// not support. "*" is the mask of zero. The value's bits outside the mask are cleared.
Result<MaskedValue> ParseValue(std::string_view name, Field field, std::string_view text);

}  // namespace kvs::flow
