#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/golden.h"
#include "pipeline/fields.h"
#include "pipeline/tables.h"

// docs/pipeline.md says what is: its lists of tables, registers and zones are those of the code.
// UPDATE=1 in the environment writes them into it; the last cell of a register or a zone is prose,
// and stays.
namespace kvs::pipeline {
namespace {

// A list of the document: the rows below this header of a Markdown table.
class DocumentTable {
 public:
  explicit DocumentTable(std::string_view header)
      : text_(ReadFile(KVS_PIPELINE_DOCUMENT).value_or("")) {
    const size_t at = text_.find(fmt::format("\n{}\n| ---", header));
    EXPECT_NE(at, text_.npos) << "docs/pipeline.md has no table " << header;
    if (at == text_.npos) return;
    begin_ = text_.find('\n', at + header.size() + 2) + 1;
    end_ = text_.find("\n\n", begin_) + 1;
  }

  // The last cell of the row whose first cell is `key`; "": there is no such row.
  std::string Prose(std::string_view key) const {
    const std::string rows = '\n' + Rows();
    const size_t at = rows.find(fmt::format("\n| {} |", key));
    if (at == rows.npos) return "";
    const size_t end = rows.find(" |\n", at);
    const size_t begin = rows.rfind("| ", end) + 2;
    return rows.substr(begin, end - begin);
  }

  void Expect(const std::string& rows) {
    if (end_ == 0) return;
    text_.replace(begin_, end_ - begin_, rows);
    ExpectGolden(KVS_PIPELINE_DOCUMENT, text_);
  }

 private:
  std::string Rows() const { return text_.substr(begin_, end_ - begin_); }

  std::string text_;
  size_t begin_ = 0, end_ = 0;
};

TEST(DocumentTest, ListsTheTables) {
  std::string rows;
  for (const TableInfo& table : kTables)
    rows += fmt::format("| {} | {} | {} | {} | {} |\n", NumberOf(table.id), table.name,
                        table.line == Line::kMain ? "main" : "side",
                        table.on_miss == OnMiss::kDrop ? "drop" : "next",
                        table.in_use ? "in use" : "reserved");
  DocumentTable("| # | table | line | miss | use |").Expect(rows);
}

TEST(DocumentTest, ListsTheRegisters) {
  DocumentTable document("| field | bits | says |");
  std::string rows;
  for (const auto& [name, bits] : kRegisterMap) {
    const std::string says = document.Prose(name);
    EXPECT_NE(says, "") << name << ": say in docs/pipeline.md what it is";
    EXPECT_EQ(says.starts_with("mark:"), InMark(bits)) << name;
    rows += fmt::format("| {} | reg{}[{}{}] | {} |\n", name, bits.reg, bits.first,
                        bits.first == bits.last ? "" : fmt::format("..{}", bits.last), says);
  }
  document.Expect(rows);
}

TEST(DocumentTest, ListsTheZones) {
  DocumentTable document("| zone | does |");
  std::string rows;
  for (const Zone zone : {Zone::kDnat, Zone::kPolicy, Zone::kSnat}) {
    const int number = static_cast<int>(zone);
    const std::string does = document.Prose(std::to_string(number));
    EXPECT_NE(does, "") << number << ": say in docs/pipeline.md what it does";
    rows += fmt::format("| {} | {} |\n", number, does);
  }
  document.Expect(rows);
}

}  // namespace
}  // namespace kvs::pipeline
