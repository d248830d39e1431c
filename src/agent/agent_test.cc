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

  // All files, as if none were there; the first refusal.
  Result<> Install() {
    engine::Desired<CniFile> wanted;
    engine::Cursor<CniFile> cursor(wanted);
    wanted.Set(CniFilesFor(options_));
    CniFilesTarget target(options_, wanted);
    Result<> done;
    target.Apply({cursor.Take()}, [&](const apply::Outcome<CniFile>& outcome) {
      const auto& refused = std::get<0>(outcome.refused);
      if (!refused.empty()) done = Fail("{}", refused.front().problem.message);
    });
    return done;
  }
  // Of the files that are there, those that are not as they should be.
  std::vector<std::string> Amiss() {
    engine::Desired<CniFile> wanted;
    wanted.Set(CniFilesFor(options_));
    CniFilesTarget target(options_, wanted);
    std::vector<std::string> amiss;
    size_t there = 0;
    target.Dump([&](const auto& contents) {
      for (const auto& found : std::get<0>(*contents)) {
        ++there;
        if (!found.whole) amiss.push_back(fs::path(found.item.path).filename());
      }
    });
    if (there < wanted.size()) amiss.push_back(fmt::format("{} missing", wanted.size() - there));
    return amiss;
  }

  fs::path folder_;
  Options options_;
};

TEST_F(CniInstall, PutsThePluginAndTheConfiguration) {
  ASSERT_TRUE(Install());
  const fs::path plugin = folder_ / "bin/k-vswitch-cni";
  EXPECT_NE(fs::status(plugin).permissions() & fs::perms::others_exec, fs::perms::none);
  EXPECT_TRUE(fs::exists(folder_ / "conf/10-k-vswitch.conflist"));
}

TEST_F(CniInstall, LeavesAnEqualPluginAlone) {
  ASSERT_TRUE(Install());
  const auto before = fs::last_write_time(folder_ / "bin/k-vswitch-cni");
  ASSERT_TRUE(Install());
  EXPECT_EQ(fs::last_write_time(folder_ / "bin/k-vswitch-cni"), before);
}

TEST_F(CniInstall, ReplacesOursAndLeavesThoseOfOthers) {
  fs::create_directories(folder_ / "bin");
  for (const char* name : {"bin/k-vswitch-cni", "bin/portmap"})
    std::ofstream(folder_ / name) << "what was there";
  ASSERT_TRUE(Install());
  EXPECT_NE(fs::file_size(folder_ / "bin/k-vswitch-cni"), fs::file_size(folder_ / "bin/portmap"));
  fs::remove(folder_ / "bin/portmap");
  ASSERT_TRUE(Install());
  EXPECT_TRUE(fs::exists(folder_ / "bin/portmap"));
}

TEST_F(CniInstall, NamesTheFileThatIsMissing) {
  options_.cni_binaries = {folder_ / "nothing"};
  const auto done = Install();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("nothing"), std::string::npos);
}

TEST_F(CniInstall, NamesTheFileThatCannotBeWritten) {
  std::ofstream(folder_ / "conf") << "a file where a folder should be";
  const auto done = Install();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("10-k-vswitch.conflist"), std::string::npos)
      << done.error().message;
}

TEST_F(CniInstall, NamesAFolderInThePlaceOfAFile) {
  for (const char* folder : {"bin/k-vswitch-cni", "conf/10-k-vswitch.conflist"}) {
    fs::create_directories(folder_ / folder);
    const auto done = Install();
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("Is a directory"), std::string::npos)
        << done.error().message;
    fs::remove_all(folder_ / folder);
  }
}

TEST_F(CniInstall, TheConfigurationWaitsForThePlugins) {
  fs::create_directories(folder_ / "bin/k-vswitch-cni");
  ASSERT_FALSE(Install());
  EXPECT_FALSE(fs::exists(folder_ / "conf/10-k-vswitch.conflist"));
}

TEST_F(CniInstall, WhatSomebodyChangedIsSeen) {
  ASSERT_TRUE(Install());
  EXPECT_TRUE(Amiss().empty());
  const fs::path plugin = folder_ / "bin/k-vswitch-cni",
                 config = folder_ / "conf/10-k-vswitch.conflist";
  fs::permissions(plugin, fs::perms::owner_read);
  EXPECT_EQ(Amiss(), std::vector<std::string>{"k-vswitch-cni"});
  ASSERT_TRUE(Install());
  EXPECT_TRUE(Amiss().empty());
  std::ofstream(config) << "{}";
  EXPECT_EQ(Amiss(), std::vector<std::string>{"10-k-vswitch.conflist"});
  ASSERT_TRUE(Install());
  fs::remove(folder_ / "bin/portmap");
  EXPECT_EQ(Amiss(), std::vector<std::string>{"1 missing"});
  std::ofstream(folder_ / "bin/portmap") << "another one";
  EXPECT_TRUE(Amiss().empty()) << "somebody else's serves as well";
  fs::remove(plugin);
  fs::create_symlink("/bin/true", plugin);
  EXPECT_EQ(Amiss(), std::vector<std::string>{"k-vswitch-cni"});
  ASSERT_TRUE(Install());
  EXPECT_FALSE(fs::is_symlink(plugin));
}

}  // namespace
}  // namespace kvs::agent
