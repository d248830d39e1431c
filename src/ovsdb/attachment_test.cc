#include "ovsdb/attachment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kvs::ovsdb {
namespace {

using testing::IsEmpty;

Attachment Example() {
  return {.container = "f00d",
          .ifname = "eth0",
          .netns = "/run/netns/cni-1",
          .pod = {"default", "web-0"},
          .pod_uid = "0f8c1e1e-2b1c-4d2c-9d34-2a7b0a4e55d1",
          .network = "k-vswitch",
          .ips = *ParseIps("10.1.1.5,fd00:10:1:1::5"),
          .mac = *Mac::Parse("0a:58:0a:01:01:05"),
          .ipam = Attachment::Ipam::kOwn};
}

TEST(Attachment, GoesThroughExternalIds) {
  const StringMap ids = Example().ToExternalIds();
  EXPECT_EQ(ids, (StringMap{{"attached-mac", "0a:58:0a:01:01:05"},
                            {"kvs.container", "f00d"},
                            {"kvs.ifname", "eth0"},
                            {"kvs.ipam", "own"},
                            {"kvs.ip/10.1.1.5", "yes"},
                            {"kvs.ip/fd00:10:1:1::5", "yes"},
                            {"kvs.ips", "10.1.1.5,fd00:10:1:1::5"},
                            {"kvs.netns", "/run/netns/cni-1"},
                            {"kvs.network", "k-vswitch"},
                            {"kvs.pod", "default/web-0"},
                            {"kvs.pod-uid", "0f8c1e1e-2b1c-4d2c-9d34-2a7b0a4e55d1"}}));
  EXPECT_EQ(Attachment::FromExternalIds(ids), Example());
  EXPECT_TRUE(Attachment::IsIn(ids));
  EXPECT_FALSE(Attachment::IsIn({}));

  EXPECT_EQ(Attachment::MissingIds(ids), StringMap());
  StringMap older = ids;
  older.erase("kvs.ip/10.1.1.5");
  EXPECT_EQ(Attachment::MissingIds(older), Attachment::IdOf(*Ip::Parse("10.1.1.5")));

  Attachment bare = Example();
  bare.pod = {};
  bare.pod_uid = bare.network = "";
  bare.ipam = Attachment::Ipam::kDelegated;
  EXPECT_EQ(Attachment::FromExternalIds(bare.ToExternalIds()), bare);
}

TEST(Attachment, SaysWhichKeyIsWrong) {
  const auto message = [](std::string_view key, std::optional<std::string> value) {
    StringMap ids = Example().ToExternalIds();
    ids.erase(std::string(key));
    if (value) ids.emplace(key, *value);
    const auto attachment = Attachment::FromExternalIds(ids);
    return attachment ? "" : attachment.error().message;
  };
  EXPECT_EQ(message(kContainerKey, {}), "external_ids: kvs.container is missing");
  EXPECT_EQ(message(kIfnameKey, ""), "external_ids: kvs.ifname is missing");
  EXPECT_EQ(message(kIpsKey, "10.1.1"), "external_ids: kvs.ips: \"10.1.1\" is not an IP address");
  EXPECT_NE(message(kMacKey, {}), "");
  EXPECT_EQ(message(kIpamKey, "mine"),
            "external_ids: kvs.ipam: \"mine\" is neither own nor delegated");
}

TEST(Attachment, GoesThroughTheLinkAlias) {
  const Attachment all = Example();
  EXPECT_EQ(all.ToAlias(),
            "kvs1 f00d/eth0 0a:58:0a:01:01:05 10.1.1.5,fd00:10:1:1::5 default/web-0 net=k-vswitch");
  Attachment back = all;
  back.netns = back.pod_uid = "";
  EXPECT_EQ(Attachment::FromAlias(*all.ToAlias()), back);

  Attachment long_pod = back;
  long_pod.pod = {"default", std::string(200, 'x')};
  const auto alias = long_pod.ToAlias();
  EXPECT_LE(alias->size(), 255u);
  back.pod = {};
  back.network = "";
  EXPECT_EQ(Attachment::FromAlias(*alias), back);

  Attachment exact = back;
  exact.pod = {"", std::string(255 - back.ToAlias()->size() - 1, 'x')};
  EXPECT_EQ(exact.ToAlias()->size(), 255u);
  EXPECT_EQ(Attachment::FromAlias(*exact.ToAlias()), exact);

  long_pod.container = std::string(256, 'c');
  EXPECT_FALSE(long_pod.ToAlias());
  for (const char* bad : {"", "kvs1", "kvs1 f00d", "kvs1 /eth0 0a:58:0a:01:01:05 10.1.1.5",
                          "kvs1 f00d/ 0a:58:0a:01:01:05 10.1.1.5", "kvs1 f00d/eth0 0a:58 10.1.1.5",
                          "kvs1 f00d/eth0 0a:58:0a:01:01:05 x", "eth0 uplink"})
    EXPECT_FALSE(Attachment::FromAlias(bad)) << bad;
}

TEST(Attachment, ReadsLinkAliasesOfOtherBuilds) {
  Attachment back = Example();
  back.netns = back.pod_uid = "";
  const std::string alias = back.ToAlias().value();
  EXPECT_EQ(Attachment::FromAlias(alias + " later=x"), back);
  Attachment nameless = back;
  nameless.pod = {};
  EXPECT_EQ(Attachment::FromAlias(nameless.ToAlias().value()), nameless);
  back.network = "";
  const std::string earlier = alias.substr(0, alias.find(" net="));
  EXPECT_EQ(back.ToAlias(), earlier);
  EXPECT_EQ(Attachment::FromAlias(earlier), back);
  EXPECT_EQ(Attachment::WholeAlias(earlier, "kv3", {}), earlier);
}

TEST(Attachment, ANetworkThatDoesNotFitIsInAnAlternativeName) {
  Attachment pod = Example();
  pod.netns = pod.pod_uid = "";
  pod.network = std::string(119, 'n');
  pod.container = std::string(80, 'c');
  const std::string alias = pod.ToAlias().value();
  EXPECT_EQ(alias.find("net="), alias.npos);
  EXPECT_TRUE(alias.ends_with(" default/web-0")) << "what an older agent reads";
  const auto names = pod.ToAltNames("kv3");
  ASSERT_EQ(names, std::vector{"kv3+net+" + pod.network});
  EXPECT_EQ(names[0].size(), 127u);
  EXPECT_EQ(Attachment::FromAlias(Attachment::WholeAlias(alias, "kv3", names)), pod);
  EXPECT_EQ(Attachment::WholeAlias(alias, "kv4", names), alias);

  pod.network += 'n';
  EXPECT_THAT(pod.ToAltNames("kv3"), IsEmpty());
}

TEST(Attachment, ThePodOfALongNameGoesThroughAlternativeNames) {
  EXPECT_THAT(Example().ToAltNames("kv3"), IsEmpty()) << "it is in the alias";
  Attachment longest = Example();
  longest.netns = longest.pod_uid = "";
  longest.container = std::string(64, 'c');
  longest.pod = {std::string(63, 'n'), std::string(253, 'p')};
  auto names = longest.ToAltNames("kv3");
  ASSERT_EQ(names.size(), 4u);
  EXPECT_EQ(names[3], "kv3+net+k-vswitch");
  for (const std::string& name : names) {
    EXPECT_LE(name.size(), 127u);
    EXPECT_EQ(name.find_first_of("/: "), name.npos) << name;
  }
  const std::string alias = longest.ToAlias().value();
  Attachment nameless = longest;
  nameless.pod = {};
  nameless.network = "";
  EXPECT_EQ(Attachment::FromAlias(alias), nameless) << "what an older agent reads";
  std::ranges::reverse(names);
  names.insert(names.begin(), {"enp0s3", "kv3", "kv31+0+x+"});
  EXPECT_EQ(Attachment::FromAlias(Attachment::WholeAlias(alias, "kv3", names)), longest);

  EXPECT_EQ(Attachment::WholeAlias(alias, "kv4", names), alias);
  names.erase(names.begin() + 4);
  EXPECT_EQ(Attachment::WholeAlias(alias, "kv3", names), alias + " net=k-vswitch")
      << "the pod's end is missing";
  const std::string whole = Example().ToAlias().value();
  EXPECT_EQ(Attachment::WholeAlias(whole, "kv3", {"kv3+0+a+b+"}), whole);
  EXPECT_EQ(Attachment::WholeAlias("uplink", "kv3", {"kv3+0+a+b+"}), "uplink");
}

TEST(AttachmentStatus, GoesThroughExternalIds) {
  EXPECT_EQ(AttachmentStatus::FromExternalIds({}), AttachmentStatus());
  for (const AttachmentStatus& verdict :
       {AttachmentStatus{.realized = 7}, AttachmentStatus{.error = "no address"}})
    EXPECT_EQ(AttachmentStatus::FromExternalIds(verdict.ToExternalIds()), verdict);
  EXPECT_EQ(AttachmentStatus::FromExternalIds({{"kvs.realized", "soon"}}).realized, std::nullopt);
}

TEST(BridgeFacts, GoThroughExternalIds) {
  BridgeFacts facts{.node = "node1",
                    .pod_ranges = *ParsePrefixes("10.1.1.0/24,fd00:10:1:1::/64"),
                    .mtu = 1450,
                    .datapath = BridgeFacts::Datapath::kNetdev,
                    .agent_ready = true};
  EXPECT_EQ(facts.ToExternalIds(), (StringMap{{"kvs.agent", "ready"},
                                              {"kvs.datapath", "netdev"},
                                              {"kvs.mtu", "1450"},
                                              {"kvs.node", "node1"},
                                              {"kvs.pod-ranges", "10.1.1.0/24,fd00:10:1:1::/64"}}));
  EXPECT_EQ(BridgeFacts::FromExternalIds(facts.ToExternalIds()), facts);
  facts.agent_ready = false;
  facts.datapath = BridgeFacts::Datapath::kSystem;
  EXPECT_EQ(BridgeFacts::FromExternalIds(facts.ToExternalIds()), facts);

  StringMap ids = facts.ToExternalIds();
  ids["kvs.mtu"] = "big";
  EXPECT_EQ(BridgeFacts::FromExternalIds(ids).error().message,
            "external_ids: kvs.mtu: \"big\" is not an MTU");
  EXPECT_FALSE(BridgeFacts::FromExternalIds({}));
}

}  // namespace
}  // namespace kvs::ovsdb
