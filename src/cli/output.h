#pragma once

#include <string>
#include <string_view>
#include <vector>

// What people see on a terminal.
namespace kvs::cli {

// Colours only on a terminal, and not if NO_COLOR is set (no-color.org).
class Paint {
 public:
  Paint();
  explicit Paint(bool on) : on_(on) {}

  std::string Good(std::string_view text) const { return In("32", text); }
  std::string Bad(std::string_view text) const { return In("1;31", text); }
  std::string Strong(std::string_view text) const { return In("1", text); }
  std::string Faint(std::string_view text) const { return In("2", text); }

 private:
  std::string In(std::string_view code, std::string_view text) const;
  bool on_;
};

// Rows under a header, columns as wide as their widest field and two blanks apart.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}

  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "error: ..." on standard error.
void PrintError(std::string_view message);

}  // namespace kvs::cli
