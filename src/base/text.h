#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/printable.h"

namespace kvs {

// Text for a terminal: our layout, with values from outside. Each value is inserted as Printable
// text of at most kMost bytes, so that it can't control the terminal, forge a line or flood it. The
// format string, and values that are Text already, are inserted unchanged.
class Text {
 public:
  static constexpr size_t kMost = 2048;

  Text() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a value is as good as the Text of it
  Text(const std::convertible_to<std::string_view> auto& value) : text_(Printable(value, kMost)) {}
  // `value` without the bound of kMost: for output that programs read, or that has a bound of its
  // own.
  static Text Whole(std::string_view value) {
    Text text;
    text.text_ = Printable(value);
    return text;
  }

  template <class Value>
  using Shown = std::conditional_t<std::is_arithmetic_v<Value>, Value, Text>;
  template <class... Values>
  using Layout = fmt::format_string<Shown<Values>...>;

  // As fmt::format, of Text and numbers.
  template <class... Values>
  static Text Format(Layout<Values...> layout, const Values&... values) {
    Text text;
    text.text_ = fmt::format(layout, Shown<Values>(values)...);
    return text;
  }

  const std::string& string() const { return text_; }
  bool empty() const { return text_.empty(); }
  Text& operator+=(const Text& more) {
    text_ += more.text_;
    return *this;
  }
  friend Text operator+(Text left, const Text& right) { return left += right; }
  friend bool operator==(const Text&, const Text&) = default;

 private:
  std::string text_;
};

}  // namespace kvs

template <>
struct fmt::formatter<kvs::Text> : fmt::formatter<std::string_view> {
  auto format(const kvs::Text& text, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(text.string(), context);
  }
};
