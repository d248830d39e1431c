#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

// Output on a terminal, all of it as Text. JSON for programs keeps its meaning as Text.
namespace kvs::cli {

// Colours, only on a terminal and only if NO_COLOR is unset (no-color.org).
class Paint {
 public:
  Paint();
  explicit Paint(bool on) : on_(on) {}

  Text Good(const Text& text) const { return In("32", text); }
  Text Bad(const Text& text) const { return In("1;31", text); }
  Text Strong(const Text& text) const { return In("1", text); }
  Text Faint(const Text& text) const { return In("2", text); }

 private:
  Text In(std::string_view code, const Text& text) const;
  bool on_;
};

// Rows under a header, with columns as wide as their widest field and two blanks between them. A
// field is cut to kMostField bytes, and one wider than kWidest shifts only its own row.
class TextTable {
 public:
  static constexpr size_t kMostField = 512, kWidest = 128;

  explicit TextTable(const std::vector<std::string>& header) { Add(header); }

  void Add(const std::vector<std::string>& row);
  Text ToText() const;
  // The rows added since the last call; no column gets narrower.
  Text TakeNew();

 private:
  std::vector<std::vector<Text>> rows_;
  std::vector<size_t> widths_;  // by then
};

// As Text::Format, to standard output or to `file`.
template <class... Values>
void Print(Text::Layout<Values...> layout, const Values&... values) {
  fmt::print("{}", Text::Format(layout, values...));
}
template <class... Values>
void Print(std::FILE* file, Text::Layout<Values...> layout, const Values&... values) {
  fmt::print(file, "{}", Text::Format(layout, values...));
}

// "node1, node2, node3 and 7 more".
std::string FirstNames(const std::vector<std::string>& names);

// Prints "error: ..." to standard error; further lines are indented.
void PrintError(std::string_view message);

}  // namespace kvs::cli
