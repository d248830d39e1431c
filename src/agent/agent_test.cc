#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/cni_install.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;

class CniInstall : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("kvs-cni-install." + std::to_string(getpid()));
    fs::create_directories(folder_);
    fs::create_directories(folder_ / "from");
    for (const char* name : {"from/k-vswitch-cni", "from/portmap"})
      std::ofstream(folder_ / name) << "#!/bin/true\n";
    options_.cni_bin_dir = folder_ / "bin";
    options_.cni_conf_dir = folder_ / "conf";
    options_.cni_binaries = {folder_ / "from/k-vswitch-cni", folder_ / "from/portmap"};
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
  Options options_;
};

TEST_F(CniInstall, PutsThePluginAndTheConfiguration) {
  ASSERT_TRUE(InstallCniPlugins(options_));
  ASSERT_TRUE(WriteCniConfig(options_));
  const fs::path plugin = folder_ / "bin/k-vswitch-cni";
  EXPECT_NE(fs::status(plugin).permissions() & fs::perms::others_exec, fs::perms::none);
  EXPECT_TRUE(fs::exists(folder_ / "conf/10-k-vswitch.conflist"));
}

TEST_F(CniInstall, LeavesAnEqualPluginAlone) {
  ASSERT_TRUE(InstallCniPlugins(options_));
  const auto before = fs::last_write_time(folder_ / "bin/k-vswitch-cni");
  ASSERT_TRUE(InstallCniPlugins(options_));
  EXPECT_EQ(fs::last_write_time(folder_ / "bin/k-vswitch-cni"), before);
}

TEST_F(CniInstall, ReplacesOursAndLeavesThoseOfOthers) {
  fs::create_directories(folder_ / "bin");
  for (const char* name : {"bin/k-vswitch-cni", "bin/portmap"})
    std::ofstream(folder_ / name) << "what was there";
  ASSERT_TRUE(InstallCniPlugins(options_));
  EXPECT_NE(fs::file_size(folder_ / "bin/k-vswitch-cni"), fs::file_size(folder_ / "bin/portmap"));
  fs::remove(folder_ / "bin/portmap");
  ASSERT_TRUE(InstallCniPlugins(options_));
  EXPECT_TRUE(fs::exists(folder_ / "bin/portmap"));
}

TEST_F(CniInstall, SeesTheConfigurationThatRuntimesTakeInstead) {
  ASSERT_TRUE(WriteCniConfig(options_));
  std::ofstream(folder_ / "conf/99-loopback.conf") << "{}";
  std::ofstream(folder_ / "conf/10-bridge.conflist.bak") << "{}";
  EXPECT_EQ(ConfigBeforeOurs(options_), "");
  std::ofstream(folder_ / "conf/10-bridge.conflist") << "{}";
  EXPECT_EQ(ConfigBeforeOurs(options_), "10-bridge.conflist");
}

TEST_F(CniInstall, NamesTheFileThatIsMissing) {
  options_.cni_binaries = {folder_ / "nothing"};
  const auto done = InstallCniPlugins(options_);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("nothing"), std::string::npos);
}

TEST_F(CniInstall, NamesTheFileThatCannotBeWritten) {
  std::ofstream(folder_ / "conf") << "a file where a folder should be";
  const auto done = WriteCniConfig(options_);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("10-k-vswitch.conflist"), std::string::npos)
      << done.error().message;
}

TEST_F(CniInstall, NamesAFolderInThePlaceOfAFile) {
  fs::create_directories(folder_ / "conf/10-k-vswitch.conflist");
  fs::create_directories(folder_ / "bin/k-vswitch-cni");
  for (const auto& done : {WriteCniConfig(options_), InstallCniPlugins(options_)}) {
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("Is a directory"), std::string::npos)
        << done.error().message;
  }
}

}  // namespace
}  // namespace kvs::agent
