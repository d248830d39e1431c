#include "apply/targets/settings_record.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apply/targets/settings_folder.h"

namespace kvs::apply {
namespace {

namespace fs = std::filesystem;

class SettingsRecordTest : public SettingsFolder {
 protected:
  SettingsRecordTest() {
    Set("net/ipv4/ip_forward", "0");
    Set("net/ipv4/conf/all/accept_redirects", "1");
    Set("net/ipv4/conf/all/forwarding", "0");
    Set("net/ipv4/conf/eth0/forwarding", "0");
    Set("net/ipv4/conf/eth1/forwarding", "1");
    Set("net/ipv6/conf/all/forwarding", "0");
    Set("net/ipv6/conf/eth0/accept_ra", "1");
    Set("net/ipv6/conf/eth1/accept_ra", "0");
  }
  static bool Forward(const SettingsRecord& record) {
    return record.Forward(SettingsRecord::kForward4) && record.Forward(SettingsRecord::kForward6);
  }

  SettingsRecord record_ = Record();
};

TEST_F(SettingsRecordTest, SwitchesForwardingOnAndPutsBackWhatItFound) {
  ASSERT_TRUE(Forward(record_));
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "1");
  EXPECT_EQ(Get("net/ipv6/conf/all/forwarding"), "1");
  EXPECT_EQ(Get("net/ipv6/conf/eth0/accept_ra"), "2");
  EXPECT_EQ(Get("net/ipv6/conf/eth1/accept_ra"), "0") << "it never listened";
  const auto changed = record_.Changed();
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->size(), 3u);
  EXPECT_EQ(changed->back(), (SettingsRecord::Setting{"net/ipv6/conf/all/forwarding", "0", "1"}));

  ASSERT_TRUE(record_.PutBack());
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "0");
  EXPECT_EQ(Get("net/ipv6/conf/all/forwarding"), "0");
  EXPECT_EQ(Get("net/ipv6/conf/eth0/accept_ra"), "1");
  EXPECT_FALSE(fs::exists(folder_ / "found-settings"));
  EXPECT_TRUE(record_.PutBack()) << "once more does no harm";
}

TEST_F(SettingsRecordTest, KeepsWhatItFoundFirst) {
  ASSERT_TRUE(Forward(record_));
  SettingsRecord restarted(folder_ / "found-settings", folder_ / "sys");
  ASSERT_TRUE(Forward(restarted));
  Set("net/ipv6/conf/eth0/accept_ra", "1");  // as a program does that sets a link up anew
  Set("net/ipv6/conf/all/forwarding", "2");
  ASSERT_TRUE(Forward(restarted));
  EXPECT_EQ(Get("net/ipv6/conf/all/forwarding"), "1");
  ASSERT_TRUE(restarted.PutBack());
  EXPECT_EQ(Get("net/ipv6/conf/all/forwarding"), "0");
  EXPECT_EQ(Get("net/ipv6/conf/eth0/accept_ra"), "1");
}

TEST_F(SettingsRecordTest, LeavesWhatOthersChangedSinceOrHadSetBefore) {
  Set("net/ipv4/ip_forward", "1");
  ASSERT_TRUE(Forward(record_));
  Set("net/ipv6/conf/eth0/accept_ra", "0");
  const auto changed = record_.Changed();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->size(), 1u) << changed->front().path;
  ASSERT_TRUE(record_.PutBack());
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "1");
  EXPECT_EQ(Get("net/ipv6/conf/eth0/accept_ra"), "0");
  EXPECT_EQ(Get("net/ipv6/conf/all/forwarding"), "0");
}

TEST_F(SettingsRecordTest, ChangesNothingThatItCannotRecord) {
  const SettingsRecord nowhere(folder_ / "no folder/found-settings", folder_ / "sys");
  const auto done = nowhere.Forward(SettingsRecord::kForward4);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("found-settings"), std::string::npos);
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "0");
}

TEST_F(SettingsRecordTest, EachFamilyStandsForItself) {
  fs::remove_all(folder_ / "sys/net/ipv6");
  const auto six = record_.Forward(SettingsRecord::kForward6);
  ASSERT_FALSE(six);
  EXPECT_EQ(six.error().code, ENOENT);
  ASSERT_TRUE(record_.Forward(SettingsRecord::kForward4));
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "1");
  ASSERT_TRUE(record_.PutBack());
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "0");
}

TEST_F(SettingsRecordTest, BelievesNoPathThatIsNoSettingOfTheNetwork) {
  Set("kernel/panic", "7");
  std::ofstream(folder_ / "found-settings")
      << "net/../kernel/panic 1 7\nkernel/panic 1 7\n/etc/x 1 7\nnet/ipv4/ip_forward 0 1\n";
  Set("net/ipv4/ip_forward", "1");
  const auto changed = record_.Changed();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->size(), 1u);
  ASSERT_TRUE(record_.PutBack());
  EXPECT_EQ(Get("kernel/panic"), "7");
  EXPECT_EQ(Get("net/ipv4/ip_forward"), "0");
}

}  // namespace
}  // namespace kvs::apply
