#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/own_folder.h"

namespace kvs {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  static fs::perms ModeOf(const std::string& path) { return fs::status(path).permissions(); }

  const OwnFolder own_;
  const std::string& folder_ = own_.path();
};

TEST_F(FileTest, IsReadAsItWasWritten) {
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(WriteFile(Path("x"), content));
  EXPECT_EQ(ReadFile(Path("x")), content);
  ASSERT_TRUE(WriteFile(Path("x"), ""));
  EXPECT_EQ(ReadFile(Path("x")), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, HasItsModeWhateverTheUmask) {
  const mode_t before = umask(0077);
  ASSERT_TRUE(WriteFile(Path("program"), "x", 0755));
  umask(before);
  EXPECT_EQ(ModeOf(Path("program")), fs::perms(0755));
}

TEST_F(FileTest, TellsWhatIsNone) {
  EXPECT_EQ(ReadFile(Path("x")).error().message, "open: No such file or directory");
  EXPECT_EQ(ReadFile(folder_).error().message, "read: Is a directory");
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(Path("fifo")), "") << "nobody is waited for";
}

TEST_F(FileTest, WhatCannotBeWrittenIsAsItWas) {
  fs::create_directory(Path("x"));
  const auto written = WriteFile(Path("x"), "content");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "rename " + Path(".x.new") + " to " + Path("x") + ": Is a directory");
  EXPECT_TRUE(fs::is_directory(Path("x")));
  EXPECT_FALSE(fs::exists(Path(".x.new")));
  EXPECT_FALSE(WriteFile(Path("none/x"), "content"));
}

}  // namespace
}  // namespace kvs
