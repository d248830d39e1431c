#include "feed/conntrack_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "io/test_loop.h"
#include "ovsdb/fake_vswitchd.h"

namespace kvs::feed {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ConntrackTableTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(proc_sys_); }
  void Kernel(const std::string& name, const std::string& value) {
    fs::create_directories(proc_sys_ + "/net/netfilter");
    std::ofstream(proc_sys_ + "/net/netfilter/" + name) << value << "\n";
  }

  const std::string proc_sys_ =
      fs::temp_directory_path() / ("kvs-proc." + std::to_string(getpid()));
  io::TestLoop loop_;
  std::string maxconns_ = "3000000\n";
  ovsdb::FakeVswitchd vswitchd_{loop_, [this](const std::string& command) -> Result<std::string> {
                                  if (command == "dpctl/ct-get-maxconns netdev@ovs-netdev") {
                                    if (maxconns_.empty()) return Fail("not a valid command");
                                    return maxconns_;
                                  }
                                  if (command == "dpctl/ct-get-nconns netdev@ovs-netdev")
                                    return "7\n";
                                  return Fail("asked {}", command);
                                }};
  ovsdb::Unixctl unixctl_{loop_, vswitchd_.run_dir, "ovs-vswitchd"};
  int changes_ = 0;
  ConntrackTable table_{unixctl_, proc_sys_, [this] { ++changes_; }};
};

TEST_F(ConntrackTableTest, IsCrowdedFromAHalfOnUntilWellBelow) {
  Kernel("nf_conntrack_max", "1000");
  for (const auto& [used, crowded] : std::vector<std::pair<std::string, bool>>{
           {"500", false}, {"501", true}, {"401", true}, {"400", false}, {"499", false}}) {
    Kernel("nf_conntrack_count", used);
    table_.Look(false);
    EXPECT_EQ(table_.crowded(), crowded) << used;
  }
}

TEST_F(ConntrackTableTest, TheKernelsIsReadAndFollowed) {
  Kernel("nf_conntrack_max", "262144");
  Kernel("nf_conntrack_count", "12");
  EXPECT_EQ(table_.size(), std::nullopt);
  table_.Look(false);
  EXPECT_EQ(table_.size(), 262144u);
  EXPECT_EQ(table_.used(), 12u);
  EXPECT_EQ(changes_, 1);
  Kernel("nf_conntrack_count", "13");
  table_.Look(false);
  EXPECT_EQ(table_.used(), 13u);
  EXPECT_EQ(changes_, 1) << "of the size only";
  Kernel("nf_conntrack_max", "1000");
  table_.Look(false);
  EXPECT_EQ(table_.size(), 1000u);
  EXPECT_EQ(changes_, 2);
}

TEST_F(ConntrackTableTest, AKernelWithoutOneIsTold) {
  table_.Look(false);
  EXPECT_EQ(table_.size(), std::nullopt);
  EXPECT_THAT(table_.failure(), HasSubstr("net/netfilter/nf_conntrack_max"));
  EXPECT_EQ(changes_, 1);
  table_.Look(false);
  EXPECT_EQ(changes_, 1) << "told already";
}

TEST_F(ConntrackTableTest, TheSwitchIsAskedForItsOwn) {
  table_.Look(true);
  table_.Look(true);
  ASSERT_TRUE(loop_.Until([&] { return table_.size().has_value(); }));
  EXPECT_EQ(table_.size(), 3000000u);
  EXPECT_EQ(table_.used(), 7u);
  EXPECT_EQ(vswitchd_.asked.size(), 2u) << "one look at a time";
  maxconns_.clear();
  table_.Look(true);
  ASSERT_TRUE(loop_.Until([&] { return !table_.failure().empty(); }));
  EXPECT_EQ(table_.size(), 3000000u) << "what was known stays";
  EXPECT_THAT(table_.failure(), HasSubstr("not a valid command"));
  maxconns_ = "100\n";
  table_.Look(true);
  ASSERT_TRUE(loop_.Until([&] { return table_.size() == 100u; }));
  EXPECT_EQ(table_.failure(), "");
}

}  // namespace
}  // namespace kvs::feed
