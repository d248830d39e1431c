#include "cli/declared/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/file.h"
#include "base/own_folder.h"
#include "cli/declared/flags.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ManPage, SaysWhatIsDeclared) {
  std::string text = "table";
  CLI::App app("see it", "kvs");
  auto* get = app.add_subcommand("get", "what is there: .TH \\x \"all\"");
  get->add_option("KIND,--kind", text, "which")->required();
  AddOutputFlag(*get, text, {"table", "json"});
  get->add_option("--socket", text, ".a socket")->envname("KVS_SOCKET");
  get->add_flag("--hidden")->group("");
  const std::string page = ManPage(*get);
  EXPECT_EQ(ManPageName(*get), "kvs-get.1");
  EXPECT_THAT(page, testing::StartsWith(".TH \"KVS\\-GET\" 1 \"\" \"k\\-vswitch "));
  EXPECT_THAT(page, HasSubstr("kvs\\-get \\- what is there: .TH \\ex \"all\"\n"));
  EXPECT_THAT(page, HasSubstr(".B \"kvs get\"\n[FLAGS]\nKIND\n"));
  EXPECT_THAT(page, HasSubstr(".SH ARGUMENTS\n.TP\n.B \"KIND\"\nwhich\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n.B \"\\-o, \\-\\-output table|json\"\n"
                              "output format; default: table\n"));
  EXPECT_THAT(page, HasSubstr("\\&.a socket; environment: KVS_SOCKET\n"));
  EXPECT_THAT(page, HasSubstr(".SH SEE ALSO\n.BR kvs (1)\n"));
  EXPECT_THAT(page, Not(HasSubstr("hidden")));
  EXPECT_THAT(ManPage(app), HasSubstr(".SH COMMANDS\n.TP\n.B \"kvs get\"\n"));
}

TEST(ManPages, AreWrittenForEveryCommandAndRead) {
  const OwnFolder own;
  const std::string folder = own.path() + "/man";
  ASSERT_EQ(std::system((KVS_PROGRAM " docs man " + folder).c_str()), 0);
  const auto names = NamesIn(folder);
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, testing::IsSupersetOf({"kvs.1", "kvs-status.1", "kvs-lab-pod-add.1"}));
  EXPECT_THAT(*names, Not(testing::Contains("kvs-ask.1")));
  if (std::system("command -v man >/dev/null") != 0) GTEST_SKIP() << "man is not installed";
  for (const std::string& name : *names) {
    const std::string warnings = folder + ".warnings";
    ASSERT_EQ(std::system(fmt::format("LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E "
                                      "UTF-8 -l -Tutf8 -Z {}/{} 2>{} >/dev/null",
                                      folder, name, warnings)
                              .c_str()),
              0);
    EXPECT_EQ(*ReadFile(warnings), "") << name;
  }
}

}  // namespace
}  // namespace kvs::cli
