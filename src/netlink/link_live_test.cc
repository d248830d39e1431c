#include "netlink/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>

#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/live_room.h"
#include "netlink/route.h"
#include "netlink/veth.h"

namespace kvs::netlink {
namespace {

constexpr Mac kHostMac{{0x0a, 0x58, 0xa9, 0xfe, 1, 1}};
constexpr Mac kPodMac{{0x0a, 0x58, 10, 1, 1, 5}};

Veth MakeVeth(std::string name, std::string peer = "eth0") {
  return {.name = std::move(name),
          .mac = kHostMac,
          .mtu = 1450,
          .group = 27,
          .alias = "kvs1 abc/eth0",
          .peer_name = std::move(peer),
          .peer_mac = kPodMac};
}

class LinkLive : public ::testing::Test {
 protected:
  LiveRoom host_{"host"}, pod_{"pod"};
  Socket& socket_ = host_.socket();
};

TEST_F(LinkLive, PeerIsBornInThePod) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  const Link end = Must(FindLink(socket_, "kv3"));
  const Link peer = Must(FindLink(pod_.socket(), "eth0"));
  EXPECT_EQ(end.kind, "veth");
  EXPECT_EQ(end.mac, kHostMac);
  EXPECT_EQ(end.mtu, 1450u);
  EXPECT_EQ(end.group, 27u);
  EXPECT_EQ(end.alias, "kvs1 abc/eth0");
  EXPECT_TRUE(end.up);
  EXPECT_FALSE(end.carrier);
  EXPECT_EQ(end.peer, peer.index);
  EXPECT_TRUE(end.peer_nsid);
  EXPECT_EQ(peer.mac, kPodMac);
  EXPECT_EQ(peer.mtu, 1450u);
  EXPECT_EQ(peer.group, 0u);
  EXPECT_FALSE(peer.up);
  ASSERT_TRUE(pod_.socket().Do(SetLink(peer, {.up = true})));
  EXPECT_TRUE(Must(FindLink(socket_, end.index)).carrier);
}

TEST_F(LinkLive, AnEndWithoutLinkLocalAddress) {
  Veth veth = MakeVeth("kv3"), low = MakeVeth("kv4", "eth1");
  veth.link_local = low.link_local = false;
  low.mtu = 600;  // less than IPv6's least
  ASSERT_TRUE(CreateVeth(socket_, veth, pod_.in()));
  ASSERT_TRUE(CreateVeth(socket_, low, pod_.in()));
  EXPECT_EQ(Must(FindLink(socket_, "kv4")).alias, low.alias);
  ASSERT_TRUE(pod_.socket().Do(SetLink("eth0", {.up = true})));
  const Link end = Must(FindLink(socket_, "kv3"));
  ASSERT_TRUE(end.carrier);
  EXPECT_EQ(end.alias, veth.alias);
  EXPECT_THAT(Must(DumpAddresses(socket_, end.index)), testing::IsEmpty());
  for (const Route& route : Must(DumpRoutes(socket_)))
    EXPECT_TRUE(route.link != end.index || route.type == RTN_MULTICAST);
  const Link peer = Must(FindLink(pod_.socket(), "eth0"));
  EXPECT_THAT(Must(DumpAddresses(pod_.socket(), peer.index)), testing::SizeIs(1));
}

TEST_F(LinkLive, TheOtherEndIsFoundInItsNamespace) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  const Link end = Must(FindLink(socket_, "kv3"));
  ASSERT_TRUE(socket_.Do(SetLink(end, {.mtu = 600})));
  const Link peer = Must(FindPeer(socket_, end));
  EXPECT_EQ(peer.name, "eth0");
  EXPECT_EQ(peer.mac, kPodMac);
  EXPECT_EQ(peer.mtu, 1450u);
  EXPECT_EQ(Code(FindPeer(socket_, Must(FindLink(socket_, "lo")))), ENODEV);
}

TEST_F(LinkLive, TakenNamesAreLeftAsTheyAre) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  Veth other = MakeVeth("kv3", "eth1");
  other.alias = "kvs1 other/eth1";
  const auto again = CreateVeth(socket_, other, pod_.in());
  EXPECT_EQ(Code(again), EEXIST);
  EXPECT_TRUE(again.error().message.starts_with("create link kv3 with peer eth1: File exists"));
  EXPECT_EQ(Must(FindLink(socket_, "kv3")).alias, "kvs1 abc/eth0");
  EXPECT_EQ(Code(CreateVeth(socket_, MakeVeth("kv4"), pod_.in())), EEXIST);  // eth0 is taken
  EXPECT_EQ(Code(FindLink(socket_, "kv4")), ENODEV);
}

TEST_F(LinkLive, AnAliasCanBeTakenAway) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  ASSERT_TRUE(socket_.Do(SetLink("kv3", {.alias = ""})));
  EXPECT_EQ(Must(FindLink(socket_, "kv3")).alias, "");
  const auto refused = socket_.Do(SetLink("kv3", {.alias = std::string(1000, 'x')}));
  EXPECT_TRUE(Code(refused) == EINVAL || Code(refused) == ERANGE);
}

TEST_F(LinkLive, AlternativeNames) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  const std::vector<std::string> names = {"kv3+0+" + std::string(kMaxAltName - 6, 'x'), "kv3+1+y+"};
  ASSERT_TRUE(socket_.Do(AddAltNames("kv3", names)));
  EXPECT_THAT(Must(FindLink(socket_, "kv3")).alt_names, testing::UnorderedElementsAreArray(names));
  EXPECT_EQ(Code(socket_.Do(AddAltNames("kv3", {"kv3"}))), EEXIST);
  ASSERT_TRUE(socket_.Do(DeleteLink("kv3")));
  EXPECT_EQ(Code(FindLink(socket_, names[1])), ENODEV);
}

TEST_F(LinkLive, LongNamesAndAliases) {
  Veth veth = MakeVeth("kvx0123456789ab", "fifteen-bytes-x");
  veth.alias = std::string(kMaxLinkAlias, 'x');
  ASSERT_EQ(veth.name.size(), kMaxLinkName);
  ASSERT_TRUE(CreateVeth(socket_, veth, pod_.in()));
  EXPECT_EQ(Must(FindLink(socket_, veth.name)).alias, veth.alias);
  EXPECT_TRUE(FindLink(pod_.socket(), veth.peer_name));

  veth = MakeVeth("kv4", "eth1");
  veth.alias = std::string(kMaxLinkAlias + 1, 'x');
  EXPECT_EQ(Code(CreateVeth(socket_, veth, pod_.in())), E2BIG);
  EXPECT_EQ(Code(CreateVeth(socket_, MakeVeth("sixteen-bytes-xx", "eth1"), pod_.in())), ERANGE);
  EXPECT_EQ(Code(CreateVeth(socket_, MakeVeth("kv4", "sixteen-bytes-xx"), pod_.in())), ERANGE);
  EXPECT_EQ(Code(CreateVeth(socket_, MakeVeth("a/b", "eth1"), pod_.in())), EINVAL);
  EXPECT_EQ(Must(DumpLinks(pod_.socket())).size(), 2u);  // lo and the first
}

TEST_F(LinkLive, ChangesAndDeletion) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  ASSERT_TRUE(socket_.Do(CreateLink("br0", "bridge")));
  const int bridge = Must(FindLink(socket_, "br0")).index;
  const LinkChange change{.up = false,
                          .mac = Mac{{2, 0, 0, 0, 0, 9}},
                          .mtu = 1400,
                          .group = 28,
                          .alias = "reap",
                          .master = bridge};
  ASSERT_TRUE(socket_.Do(SetLink("kv3", change)));
  Link link = Must(FindLink(socket_, "kv3"));
  EXPECT_FALSE(link.up);
  EXPECT_EQ(link.mac, *change.mac);
  EXPECT_EQ(link.mtu, 1400u);
  EXPECT_EQ(link.group, 28u);
  EXPECT_EQ(link.alias, "reap");
  EXPECT_EQ(link.master, bridge);
  ASSERT_TRUE(socket_.Do(SetLink(link, {.master = 0})));
  EXPECT_EQ(Must(FindLink(socket_, "kv3")).master, 0);
  ASSERT_TRUE(socket_.Do(DeleteLink("kv3")));
  EXPECT_EQ(Code(FindLink(socket_, "kv3")), ENODEV);
  EXPECT_EQ(Code(FindLink(pod_.socket(), "eth0")), ENODEV);
  EXPECT_EQ(Code(socket_.Do(DeleteLink("kv3"))), ENODEV);
  EXPECT_EQ(Code(socket_.Do(SetLink("kv3", {.group = 28}))), ENODEV);
  EXPECT_EQ(Code(socket_.Do(DeleteLinkGroup(0))), EPERM);
}

TEST_F(LinkLive, SettingsOfFamilies) {
  ASSERT_TRUE(CreateVeth(socket_, MakeVeth("kv3"), pod_.in()));
  ASSERT_TRUE(pod_.socket().Do(SetLink("eth0", {.up = true})));  // links without IP are too bare
  ASSERT_TRUE(socket_.Do(
      SetLink("kv3", {.ipv6_addr_gen_mode = IN6_ADDR_GEN_MODE_NONE,
                      .ipv4_conf = {{IPV4_DEVCONF_RP_FILTER, 2}, {IPV4_DEVCONF_FORWARDING, 1}}})));
  const auto read = [&](const char* path) {
    return host_.in().Run([&] { return ReadSysctl(path); }).value_or("?");
  };
  EXPECT_EQ(read("net/ipv4/conf/kv3/rp_filter"), "2");
  EXPECT_EQ(read("net/ipv4/conf/kv3/forwarding"), "1");
  EXPECT_EQ(read("net/ipv6/conf/kv3/addr_gen_mode"), "1");
}

TEST_F(LinkLive, AHundredGoByGroup) {
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(
        CreateVeth(socket_, MakeVeth(fmt::format("kv{:x}", i), fmt::format("e{}", i)), pod_.in()));
  const auto links = Must(DumpLinks(socket_));
  EXPECT_EQ(std::count_if(links.begin(), links.end(),
                          [](const Link& link) { return link.group == 27 && link.mtu == 1450; }),
            100);
  std::vector<Request> moves;
  for (int i = 0; i < 100; ++i) moves.push_back(SetLink(fmt::format("kv{:x}", i), {.group = 28}));
  EXPECT_EQ(Code(socket_.Do(DeleteLinkGroup(28))), ENODEV);  // nothing is in it yet
  ASSERT_TRUE(socket_.Try(moves).empty());
  ASSERT_TRUE(socket_.Do(DeleteLinkGroup(28)));
  EXPECT_EQ(Must(DumpLinks(socket_)).size(), 1u);  // lo
  EXPECT_EQ(Must(DumpLinks(pod_.socket())).size(), 1u);
}

TEST_F(LinkLive, ABatchTriesAllAndNamesWhatWasRefused) {
  std::vector<Request> requests;
  for (uint8_t i = 0; i < 250; ++i)
    requests.push_back(AddAddress({.link = 1, .ip = Ip4{{10, 1, 1, i}}, .length = 32}));
  for (size_t i = 0; i < 50; ++i) requests.push_back(requests[i]);
  requests[7] = DeleteLink("none");
  const auto refusals = socket_.Try(requests);
  ASSERT_EQ(refusals.size(), 50u);  // "none", and 49 of the 50 that come twice: .7 does not
  EXPECT_EQ(refusals[0].request, 7u);
  EXPECT_EQ(refusals[0].error.code, ENODEV);
  EXPECT_EQ(refusals[0].error.message, "delete link none: No such device");
  EXPECT_EQ(refusals[1].request, 250u);
  EXPECT_EQ(refusals[1].error.code, EEXIST);
  EXPECT_EQ(Must(DumpAddresses(socket_)).size(), 250u);
  EXPECT_TRUE(socket_.Try({}).empty());
  const auto first = socket_.Do(requests);
  EXPECT_EQ(first.error().message.substr(0, 47), "add address 10.1.1.0/32 of link lo: File exists");
}

TEST_F(LinkLive, TellsTheKernelsReason) {
  const auto refused = socket_.Do(CreateLink("x0", "no-such-kind"));
  EXPECT_EQ(Code(refused), EOPNOTSUPP);
  EXPECT_NE(refused.error().message.find("(Unknown device type)"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace kvs::netlink
