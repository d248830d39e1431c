#include "cli/declared/usage_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/terminal/exit_code.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;

// What kvs says on standard error to these words, which are wrong.
std::string Wrong(std::vector<std::string> words) {
  words.insert(words.begin(), "kvs");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = Main(static_cast<int>(argv.size()), argv.data());
  EXPECT_EQ(code, kUsage);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  return testing::internal::GetCapturedStderr();
}

TEST(UsageError, AnUnknownCommandIsNamedWithTheNearest) {
  EXPECT_EQ(Wrong({"stauts"}),
            "error: unknown command \"stauts\"; did you mean \"status\"?\n"
            "       see: kvs --help\n");
  EXPECT_EQ(Wrong({"lab", "dwon"}),
            "error: unknown command \"dwon\"; did you mean \"down\"?\n"
            "       see: kvs lab --help\n");
  EXPECT_THAT(Wrong({"stauts", "get"}), HasSubstr("\"stauts\"; did you mean \"status\"?\n"));
  EXPECT_THAT(Wrong({"uninst"}), HasSubstr("did you mean \"uninstall\"?\n"));
  EXPECT_THAT(Wrong({"apply"}), HasSubstr("error: unknown command \"apply\"\n"));
  EXPECT_THAT(Wrong({"prob"}), HasSubstr("error: unknown command \"prob\"\n"))
      << "`kvs probe` is hidden";
}

TEST(UsageError, AnUnknownFlagIsNamedWithTheNearest) {
  EXPECT_EQ(Wrong({"status", "--ouput=json"}),
            "error: unknown flag \"--ouput\"; did you mean \"--output\"?\n"
            "       see: kvs status --help\n");
  EXPECT_THAT(Wrong({"get", "pods", "--namspace", "shop"}), HasSubstr("mean \"--namespace\"?\n"));
  EXPECT_THAT(Wrong({"status", "-x"}), HasSubstr("error: unknown flag \"-x\"\n"));
  EXPECT_THAT(Wrong({"--context", "prod", "status"}),
              HasSubstr("error: flag --context stands after the command\n"));
}

TEST(UsageError, AnUnknownValueIsNamedWithTheNearest) {
  EXPECT_EQ(Wrong({"get", "pds"}),
            "error: unknown kind \"pds\"; did you mean \"pods\"?\n"
            "       see: kvs get --help\n");
  EXPECT_THAT(Wrong({"get", "nodes"}), HasSubstr("unknown kind \"nodes\", not one of flows, "));
  EXPECT_THAT(Wrong({"get", "pods", "-o", "jsn"}),
              HasSubstr("error: unknown output format \"jsn\"; did you mean \"json\"?\n"));
  EXPECT_THAT(Wrong({"lab", "up", "--overlay", "vlan"}),
              HasSubstr("error: unknown overlay \"vlan\"; did you mean \"vxlan\"?\n"));
}

TEST(UsageError, OtherNamesOfAKindAreKnown) {
  for (const char* kind : {"pod", "po", "pods", "port", "flow"})
    EXPECT_THAT(Wrong({"get", kind, "-w", "-o", "json"}), HasSubstr("error: --watch shows a table"))
        << kind;
  EXPECT_THAT(Wrong({"get", "pods", "-A", "-n", "shop"}), HasSubstr("--all-namespaces"));
}

TEST(UsageError, WhatIsMissingOrTooMuchIsNamed) {
  EXPECT_THAT(Wrong({}), HasSubstr("error: a command is missing, one of status, get, version, "));
  EXPECT_THAT(Wrong({"lab", "pod"}), HasSubstr("error: a command is missing, one of add, rm\n"));
  EXPECT_THAT(Wrong({"get"}), HasSubstr("error: KIND is required\n       see: kvs get --help\n"));
  EXPECT_THAT(Wrong({"status", "node1"}), HasSubstr("error: unexpected argument \"node1\"\n"));
  EXPECT_THAT(Wrong({"status", "a\x1b[2J"}), HasSubstr("argument \"a\\u001b[2J\"\n"));
}

TEST(Nearest, IsTheOneWithTheFewestOtherLetters) {
  const std::vector<std::string> words = {"status", "get", "bundle", "test", "trace", "lab"};
  EXPECT_EQ(Nearest("satus", words), "status");
  EXPECT_EQ(Nearest("tets", words), "test");
  EXPECT_EQ(Nearest("got", words), "get");
  EXPECT_EQ(Nearest("bun", words), "bundle");
  EXPECT_EQ(Nearest("ab", words), "lab");
  EXPECT_EQ(Nearest("x", words), "");
  EXPECT_EQ(Nearest("", words), "");
  EXPECT_EQ(Nearest("status", {}), "");
}

}  // namespace
}  // namespace kvs::cli
