#include "apply/link_settings.h"

#include "apply/targets/settings_folder.h"

namespace kvs::apply {
namespace {

constexpr char kLocalnet[] = "net/ipv4/conf/k-vswitch0/route_localnet";

class LinkSettingsTest : public SettingsFolder {
 protected:
  LinkSettingsTest() {
    for (const char* setting : {"route_localnet", "rp_filter", "proxy_arp"})
      Set(std::string("net/ipv4/conf/default/") + setting, "0");
    for (const char* setting : {"hop_limit", "mtu"})
      Set(std::string("net/ipv6/conf/default/") + setting, "64");
    ours_.Set({{"net/ipv4/conf/k-vswitch0/rp_filter", "0"}});
    MakeLink();
    settings_.Follow(5);
  }
  void MakeLink() {
    for (const char* family : {"ipv4", "ipv6"}) {
      const auto conf = folder_ / "sys/net" / family / "conf";
      std::filesystem::remove_all(conf / "k-vswitch0");
      std::filesystem::copy(conf / "default", conf / "k-vswitch0");
    }
  }

  void Look(int index) {
    settings_.Look([index] { return index; });
  }

  engine::Desired<pipeline::KernelSetting> ours_;
  LinkSettings settings_{"k-vswitch0", folder_ / "sys", ours_};
};

TEST_F(LinkSettingsTest, WhatOthersSetIsSetOnTheNextLink) {
  Set(kLocalnet, "1");
  Set("net/ipv6/conf/k-vswitch0/hop_limit", "32");
  Look(5);
  MakeLink();
  settings_.Follow(0);
  EXPECT_EQ(Get(kLocalnet), "0");
  settings_.Follow(6);
  EXPECT_EQ(Get(kLocalnet), "1");
  EXPECT_EQ(Get("net/ipv6/conf/k-vswitch0/hop_limit"), "32");
}

TEST_F(LinkSettingsTest, ALinkThatNobodyToldOfYetIsNotLookedAt) {
  Set(kLocalnet, "1");
  Look(5);
  MakeLink();
  Look(0);  // gone
  Look(6);  // and there again
  settings_.Follow(6);
  EXPECT_EQ(Get(kLocalnet), "1");
}

TEST_F(LinkSettingsTest, OnTheSameLinkItIsNotOursToKeep) {
  Set(kLocalnet, "1");
  Look(5);
  Set(kLocalnet, "0");
  settings_.Follow(5);
  EXPECT_EQ(Get(kLocalnet), "0");
  Look(5);
  MakeLink();
  settings_.Follow(6);
  EXPECT_EQ(Get(kLocalnet), "0") << "whoever set it has taken it back";
}

TEST_F(LinkSettingsTest, WhatSomebodySetOnTheNextLinkStays) {
  Set("net/ipv4/conf/k-vswitch0/proxy_arp", "1");
  Look(5);
  MakeLink();
  Set("net/ipv4/conf/k-vswitch0/proxy_arp", "2");
  settings_.Follow(6);
  EXPECT_EQ(Get("net/ipv4/conf/k-vswitch0/proxy_arp"), "2");
}

TEST_F(LinkSettingsTest, OursAndTheLinksMtuAreLeftOut) {
  Set("net/ipv4/conf/k-vswitch0/rp_filter", "2");
  Set("net/ipv6/conf/k-vswitch0/mtu", "1450");
  Look(5);
  MakeLink();
  settings_.Follow(6);
  EXPECT_EQ(Get("net/ipv4/conf/k-vswitch0/rp_filter"), "0");
  EXPECT_EQ(Get("net/ipv6/conf/k-vswitch0/mtu"), "64");
}

TEST_F(LinkSettingsTest, AFamilyThatComesLaterGetsItThen) {
  Set("net/ipv6/conf/k-vswitch0/hop_limit", "32");
  Look(5);
  MakeLink();
  std::filesystem::remove_all(folder_ / "sys/net/ipv6/conf/k-vswitch0");
  settings_.Follow(6);
  Look(6);
  MakeLink();
  settings_.Follow(6);
  EXPECT_EQ(Get("net/ipv6/conf/k-vswitch0/hop_limit"), "32");
}

}  // namespace
}  // namespace kvs::apply
