#include "cli/terminal/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace kvs::cli {

Paint::Paint() {
  const char* off = std::getenv("NO_COLOR");
  on_ = isatty(STDOUT_FILENO) == 1 && (!off || !*off);
}

Text Paint::In(std::string_view code, const Text& text) const {
  return on_ ? Text::Format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

void TextTable::Add(const std::vector<std::string>& row) {
  auto& fields = rows_.emplace_back();
  for (const std::string& field : row) fields.emplace_back(Printable(field, kMostField));
}

Text TextTable::ToText() const { return TextTable(*this).TakeNew(); }

Text TextTable::TakeNew() {
  for (const auto& row : rows_) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths_[i] = std::max(widths_[i], std::min(row[i].string().size(), kWidest));
  }
  Text text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths_[i]);
    text += Text::Format("{}\n", Text::Whole(line.substr(0, line.find_last_not_of(' ') + 1)));
  }
  rows_.clear();
  return text;
}

std::string FirstNames(const std::vector<std::string>& names) {
  constexpr size_t kNamed = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kNamed, names.size()); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kNamed ? fmt::format("{} and {} more", text, names.size() - kNamed) : text;
}

void PrintError(std::string_view message) {
  Text text;
  for (size_t at = 0; at <= message.size();) {
    const size_t end = std::min(message.find('\n', at), message.size());
    text += Text::Format("{}{}\n", at == 0 ? "error: " : "       ", message.substr(at, end - at));
    at = end + 1;
  }
  Print(stderr, "{}", text);
}

}  // namespace kvs::cli
