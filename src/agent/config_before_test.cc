#include "agent/config_before.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/cni_install.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ConfigBeforeTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("kvs-config-before." + std::to_string(getpid()));
    fs::create_directories(folder_);
    options_.cni_conf_dir = folder_;
    Write("10-k-vswitch.conflist", CniFilesFor(options_).back().text);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  // "" if there is none.
  std::string ProblemOf() const {
    const auto problem = FindConfigBefore(options_).ToProblem();
    if (!problem) return "";
    EXPECT_EQ(problem->reason, "OtherConfigurationFirst");
    return problem->message;
  }
  std::string NoteOf() const { return FindConfigBefore(options_).ToNote(); }

  fs::path folder_;
  Options options_;
};

TEST_F(ConfigBeforeTest, OnlyTheFirstByNameCounts) {
  Write("99-loopback.conf", "{}");
  Write("10-bridge.conflist.bak", "{}");
  Write("11-multus.conf", R"({"type":"multus","clusterNetwork":"flannel"})");
  EXPECT_EQ(FindConfigBefore(options_), ConfigBefore{});
  EXPECT_EQ(ProblemOf() + NoteOf(), "");
  Write("10-bridge.conflist", R"({"name":"b","plugins":[{"type":"bridge"}]})");
  EXPECT_THAT(ProblemOf(), HasSubstr("10-bridge.conflist takes precedence over "
                                     "10-k-vswitch.conflist; new pods won't use k-vswitch; "));
  Write("00-multus.conf", R"({"type":"multus","clusterNetwork":"k-vswitch"})");
  EXPECT_EQ(ProblemOf(), "");
}

TEST_F(ConfigBeforeTest, WhatCannotBeReadIsAnothers) {
  for (const char* text : {"", "{", "[]", R"({"type":7})", R"({"plugins":["multus"]})"}) {
    Write("00-multus.conf", text);
    EXPECT_THAT(ProblemOf(),
                HasSubstr("00-multus.conf takes precedence over 10-k-vswitch.conflist"))
        << text;
    EXPECT_EQ(NoteOf(), "");
  }
}

// As Multus' thin and thick plugin write it, and as people do.
TEST_F(ConfigBeforeTest, MultusThatDelegatesToUsIsNoProblem) {
  const std::string ours = CniFilesFor(options_).back().text;
  const std::pair<std::string, std::string> cases[] = {
      {R"("type":"multus","delegates":[)" + ours + "]", "k-vswitch"},
      {R"("type":"multus","delegates":[{"name":"mine","type":"k-vswitch-cni"}])", "mine"},
      {R"("type":"multus","delegates":[{"type":"k-vswitch-cni"},{"type":"macvlan"}])",
       "k-vswitch-cni"},
      {R"("type":"multus","clusterNetwork":"k-vswitch","defaultNetworks":["other"])", "k-vswitch"},
      {R"("type":"multus-shim","clusterNetwork":"/host/etc/cni/net.d/10-k-vswitch.conflist")",
       "/host/etc/cni/net.d/10-k-vswitch.conflist"},
      {R"("type":"multus","clusterNetwork":"k-vswitch","delegates":[{"type":"flannel"}])",
       "k-vswitch"},
      {R"("plugins":[{"type":"multus","clusterNetwork":"k-vswitch"}])", "k-vswitch"},
  };
  for (const auto& [text, delegate] : cases) {
    Write("00-multus.conf", R"({"name":"multus-cni-network",)" + text + "}");
    EXPECT_EQ(ProblemOf(), "") << text;
    EXPECT_EQ(NoteOf(), "Multus (00-multus.conf) delegates to " + delegate) << text;
  }
}

TEST_F(ConfigBeforeTest, MultusThatDelegatesToAnotherIsOne) {
  Write("05-cilium.conflist", R"({"name":"cilium","plugins":[{"type":"cilium-cni"}]})");
  const std::pair<std::string, std::string> cases[] = {
      {R"("type":"multus","delegates":[{"name":"cilium","plugins":[{"type":"cilium-cni"}]}])",
       "cilium"},
      {R"("type":"multus","delegates":[{"type":"macvlan"},{"type":"k-vswitch-cni"}])", "macvlan"},
      {R"("type":"multus","clusterNetwork":"cilium")", "cilium"},
      {R"("type":"multus-shim","clusterNetwork":"/host/etc/cni/net.d/05-cilium.conflist")",
       "/host/etc/cni/net.d/05-cilium.conflist"},
      {R"("type":"multus","delegates":[])", "no network"},
      {R"("type":"multus","delegates":"k-vswitch","clusterNetwork":1)", "no network"},
  };
  for (const auto& [text, delegate] : cases) {
    Write("00-multus.conf", R"({"name":"multus-cni-network",)" + text + "}");
    EXPECT_THAT(
        ProblemOf(),
        AllOf(HasSubstr("00-multus.conf (Multus) takes precedence over 10-k-vswitch.conflist"),
              HasSubstr("delegates to " + delegate + ";"),
              HasSubstr(R"(set "clusterNetwork": "k-vswitch" in it)")))
        << text;
    EXPECT_EQ(NoteOf(), "") << text;
  }
}

TEST_F(ConfigBeforeTest, FilesOfOtherNamesAreRead) {
  Write("20-second.conf", R"({"name":"second","type":"k-vswitch-cni"})");
  Write("00-multus.conf", R"({"name":"second","type":"multus","clusterNetwork":"second"})");
  EXPECT_EQ(NoteOf(), "Multus (00-multus.conf) delegates to second");
  Write("00-multus.conf", R"({"type":"multus","clusterNetwork":"/etc/cni/net.d/20-second.conf"})");
  EXPECT_EQ(ProblemOf(), "");
}

TEST_F(ConfigBeforeTest, SaysWhatItDoesNotKnow) {
  Write("00-multus.conf", R"({"type":"multus","clusterNetwork":"in-the-api"})");
  EXPECT_EQ(ProblemOf(), "");
  EXPECT_EQ(NoteOf(),
            "Multus (00-multus.conf) delegates to in-the-api, a "
            "NetworkAttachmentDefinition; its type must be k-vswitch-cni");
  Write("00-multus.conf", R"({"type":"multus-shim","logLevel":"verbose"})");
  EXPECT_EQ(ProblemOf(), "");
  EXPECT_EQ(NoteOf(),
            "Multus (00-multus.conf) delegates to the network in its daemon's configuration");
}

}  // namespace
}  // namespace kvs::agent
