#include "cli/declared/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/own_folder.h"
#include "cli/declared/flags.h"

namespace kvs::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// kvs get KIND -o FORM --file FILE --hidden, kvs lab up, kvs probe (hidden)
class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    auto* get = app_.add_subcommand("get", "what is there");
    get->add_option("kind", text_, "what")->check(OneOf("kind", {"ports", "pods"}));
    AddOutputFlag(*get, text_, {"table", "json"});
    get->add_option("--file", text_);
    get->add_flag("--wide");
    get->add_flag("--hidden")->group("");
    app_.add_subcommand("lab", "a cluster")->add_subcommand("up", "bring it up");
    app_.add_subcommand("probe")->group("");
  }
  std::vector<std::string> At(const std::vector<std::string>& words) const {
    std::vector<std::string> found;
    for (Candidate& candidate : Complete(app_, words)) found.push_back(std::move(candidate.word));
    return found;
  }

  std::string text_;
  CLI::App app_{"", "kvs"};
};

TEST_F(CompletionTest, OfCommands) {
  EXPECT_THAT(At({""}), ElementsAre("get", "lab"));
  EXPECT_THAT(At({"l"}), ElementsAre("lab"));
  EXPECT_THAT(At({"lab", ""}), ElementsAre("up"));
  EXPECT_THAT(At({"x"}), IsEmpty());
  EXPECT_THAT(At({}), IsEmpty());
}

TEST_F(CompletionTest, OfFlagsAndTheirValues) {
  EXPECT_THAT(At({"get", "--"}), ElementsAre("--help", "--output", "--file", "--wide"));
  EXPECT_THAT(At({"get", "--o"}), ElementsAre("--output"));
  EXPECT_THAT(At({"get", "-o", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(At({"get", "--output", "j"}), ElementsAre("json"));
  EXPECT_THAT(At({"get", "--output=j"}), ElementsAre("--output=json")) << "zsh and fish";
  EXPECT_THAT(At({"get", "--output", "=", "j"}), ElementsAre("json")) << "bash";
  EXPECT_THAT(At({"get", "--output", "="}), ElementsAre("table", "json"));
  EXPECT_THAT(At({"get", "--file", ""}), IsEmpty()) << "the shell's files";
  EXPECT_THAT(At({"get", "--nope=x"}), IsEmpty());
}

TEST_F(CompletionTest, OfArguments) {
  EXPECT_THAT(At({"get", "p"}), ElementsAre("ports", "pods"));
  EXPECT_THAT(At({"get", "--wide", "po"}), ElementsAre("ports", "pods"));
  EXPECT_THAT(At({"get", "-o", "json", "pod"}), ElementsAre("pods"));
  EXPECT_THAT(At({"get", "pods", ""}), IsEmpty());
  EXPECT_THAT(At({"get", "--", ""}), IsEmpty());
}

TEST_F(CompletionTest, SaysWhatItIs) {
  EXPECT_EQ(ToText(Complete(app_, {"l"})).string(), "lab\ta cluster\n");
}

// What bash offers for these words, "|" between them.
std::string InBash(const std::string& words, int at) {
  const OwnFolder own;
  const std::string& folder = own.path();
  std::ofstream(folder + "/kvs.bash") << CompletionScript("bash")->string();
  std::ofstream(folder + "/try") << "source " << folder << "/kvs.bash\n"
                                 << "COMP_WORDS=(" << words << "); COMP_CWORD=" << at << "\n"
                                 << "complete -p kvs >/dev/null && _kvs " KVS_PROGRAM << "\n"
                                 << "IFS='|'; echo \"${COMPREPLY[*]}\" >" << folder << "/said\n";
  EXPECT_EQ(std::system(("bash " + folder + "/try").c_str()), 0);
  std::ifstream said(folder + "/said");
  return {std::istreambuf_iterator<char>(said), {}};
}

TEST(CompletionInBash, OffersWhatKvsDeclares) {
  EXPECT_EQ(InBash("kvs sta", 1), "status\n");
  EXPECT_EQ(InBash("kvs get p", 2), "ports|pods\n");
  EXPECT_EQ(InBash("kvs get pods --output = ya", 5), "yaml\n");
  EXPECT_EQ(InBash("kvs lab pod ''", 3), "add|rm\n");
  EXPECT_EQ(InBash("kvs status --kubeconfig ''", 3), "\n");
}

TEST(CompletionScript, IsThereForThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_TRUE(CompletionScript(shell)) << shell;
  EXPECT_FALSE(CompletionScript("tcsh"));
}

}  // namespace
}  // namespace kvs::cli
