#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "pipeline/fields.h"
#include "pipeline/tables.h"

// docs/pipeline.md says what is: its lists of tables, registers and zones are those of the code.
namespace kvs::pipeline {
namespace {

// The cells of the Markdown table whose header begins with `first`, row by row.
std::vector<std::vector<std::string>> TableInDocument(const std::string& first) {
  std::ifstream in(KVS_PIPELINE_DOCUMENT);
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| " + first + " |")) inside = true;
    if (!inside || line.starts_with("| ---")) continue;
    if (!line.starts_with("|")) break;
    std::vector<std::string> cells;
    for (size_t at = 2; at < line.size();) {
      const size_t end = line.find(" |", at);
      cells.push_back(line.substr(at, end - at));
      at = end + 3;
    }
    rows.push_back(cells);
  }
  if (!rows.empty()) rows.erase(rows.begin());  // the header
  return rows;
}

TEST(DocumentTest, ListsTheTables) {
  const auto rows = TableInDocument("#");
  ASSERT_EQ(rows.size(), kTables.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const TableInfo& table = kTables[i];
    const std::vector<std::string> is = {
        std::to_string(NumberOf(table.stage)), std::string(table.name),
        table.line == Line::kMain ? "main" : "side",
        table.on_miss == OnMiss::kDrop ? "drop" : "next", table.in_use ? "in use" : "reserved"};
    EXPECT_EQ(rows[i], is);
  }
}

TEST(DocumentTest, ListsTheRegisters) {
  const auto rows = TableInDocument("field");
  ASSERT_EQ(rows.size(), kRegisterMap.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [name, bits] = kRegisterMap[i];
    EXPECT_EQ(rows[i][0], name);
    EXPECT_EQ(rows[i][1], bits.first == bits.last
                              ? fmt::format("reg{}[{}]", bits.reg, bits.first)
                              : fmt::format("reg{}[{}..{}]", bits.reg, bits.first, bits.last));
    EXPECT_EQ(rows[i][2].starts_with("mark:"), InMark(bits));
  }
}

TEST(DocumentTest, ListsTheZones) {
  const auto rows = TableInDocument("zone");
  ASSERT_EQ(rows.size(), 3u);
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i][0], std::to_string(i + 1));
  EXPECT_EQ(static_cast<int>(Zone::kDnat), 1);
  EXPECT_EQ(static_cast<int>(Zone::kPolicy), 2);
  EXPECT_EQ(static_cast<int>(Zone::kSnat), 3);
}

}  // namespace
}  // namespace kvs::pipeline
