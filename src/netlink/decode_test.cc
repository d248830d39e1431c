#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <random>

#include "netlink/address.h"
#include "netlink/conntrack.h"
#include "netlink/filter_chain.h"
#include "netlink/link.h"
#include "netlink/nftables_message.h"
#include "netlink/route.h"

// Decoders against messages made here: what our requests say must read back, and nothing that is
// cut off or garbled may be read past its end (AddressSanitizer watches).
namespace kvs::netlink {
namespace {

Bytes Body(const Request& request) { return Bytes(request.bytes).subspan(sizeof(nlmsghdr)); }

Ip ParseIp(std::string_view text) { return *Ip::Parse(text); }

Request ShownLink() {
  return Message(RTM_NEWLINK, 0)
      .Struct(ifinfomsg{.ifi_index = 7, .ifi_flags = IFF_UP | IFF_LOWER_UP})
      .PutText(IFLA_IFNAME, "kv1f")
      .Put(IFLA_ADDRESS, Mac{{2, 0, 0, 0, 0, 1}})
      .PutU32(IFLA_MTU, 1450)
      .PutU32(IFLA_GROUP, 27)
      .PutU32(IFLA_LINK, 2)
      .PutU32(IFLA_LINK_NETNSID, 0)
      .PutU32(IFLA_MASTER, 4)
      .PutText(IFLA_IFALIAS, "kvs1 abc/eth0")
      .Nest(IFLA_PROP_LIST,
            [](Message& list) {
              list.PutText(IFLA_ALT_IFNAME, "kv1f+0+a").PutText(IFLA_ALT_IFNAME, "kv1f+1+b");
            })
      .Nest(IFLA_LINKINFO, [](Message& info) { info.PutText(IFLA_INFO_KIND, "veth"); })
      .Asking("");
}

TEST(DecodeLink, ReadsAVeth) {
  const Link expected{.index = 7,
                      .name = "kv1f",
                      .kind = "veth",
                      .mac = {{2, 0, 0, 0, 0, 1}},
                      .mtu = 1450,
                      .up = true,
                      .carrier = true,
                      .group = 27,
                      .alias = "kvs1 abc/eth0",
                      .alt_names = {"kv1f+0+a", "kv1f+1+b"},
                      .master = 4,
                      .peer = 2,
                      .peer_nsid = 0};
  EXPECT_EQ(DecodeLink(Body(ShownLink())), expected);
}

TEST(DecodeLink, IgnoresWhatABridgeSaysOfItsPort) {
  const auto request = Message(RTM_DELLINK, 0)
                           .Struct(ifinfomsg{.ifi_family = AF_BRIDGE, .ifi_index = 7})
                           .PutText(IFLA_IFNAME, "kv1f")
                           .Asking("");
  EXPECT_FALSE(DecodeLink(Body(request)));
}

TEST(DecodeAddress, ReadsWhatWasAsked) {
  for (const char* ip : {"10.1.1.5", "fd00::5"}) {
    const Address address{.link = 2,
                          .ip = ParseIp(ip),
                          .length = 24,
                          .no_dad = true,
                          .no_prefix_route = true,
                          .permanent = false};
    EXPECT_EQ(DecodeAddress(Body(AddAddress(address))), address);
  }
}

TEST(DecodeAddress, RefusesAFamilyThatLies) {
  auto request = AddAddress({.link = 2, .ip = ParseIp("10.1.1.5"), .length = 32});
  request.bytes[sizeof(nlmsghdr)] = AF_INET6;
  EXPECT_FALSE(DecodeAddress(Body(request)));
  request.bytes[sizeof(nlmsghdr)] = AF_INET;
  request.bytes[sizeof(nlmsghdr) + 1] = 33;
  EXPECT_FALSE(DecodeAddress(Body(request)));
}

TEST(DecodeNeighbour, ReadsWhatWasAsked) {
  Neighbour neighbour{.link = 3, .ip = ParseIp("fe80::a:1"), .mac = Mac{{10, 88, 1, 2, 3, 4}}};
  EXPECT_EQ(DecodeNeighbour(Body(ReplaceNeighbour(neighbour))), neighbour);
  neighbour = {.link = 3, .ip = ParseIp("169.254.1.1"), .permanent = false};
  EXPECT_EQ(DecodeNeighbour(Body(AddNeighbour(neighbour))), neighbour);
}

TEST(DecodeRoute, ReadsWhatWasAsked) {
  const Route routes[] = {
      {.destination = *Prefix::Parse("0.0.0.0/0"), .link = 2, .via = ParseIp("169.254.1.1")},
      {.destination = *Prefix::Parse("fd00::/16"),
       .link = 2,
       .via = ParseIp("fe80::a:1"),
       .source = ParseIp("fd00::1"),
       .metric = 7,
       .onlink = true},
      {.destination = *Prefix::Parse("10.1.0.0/16"), .link = 3, .via = ParseIp("fe80::1")},
      {.destination = *Prefix::Parse("10.1.1.0/24"), .link = 3, .table = 1000},
      {.destination = *Prefix::Parse("10.2.0.0/16"), .type = RTN_BLACKHOLE, .metric = 20},
  };
  for (const Route& route : routes) {
    Route expected = route.AsShown();
    expected.metric = route.metric;  // what the kernel makes of 0 is the kernel's affair
    EXPECT_EQ(DecodeRoute(Body(AddRoute(route))), expected) << route.destination.ToString();
  }
}

TEST(DecodeRoute, IgnoresCacheEntries) {
  const auto request = Message(RTM_NEWROUTE, 0)
                           .Struct(rtmsg{.rtm_family = AF_INET6, .rtm_flags = RTM_F_CLONED})
                           .Asking("");
  EXPECT_FALSE(DecodeRoute(Body(request)));
}

// counter jump there, with a comment.
Request ShownRule() {
  const std::vector<uint8_t> comment = {0, 5, 'o', 'u', 'r', 's', 0};
  return NftablesMessage(NFT_MSG_NEWRULE, 0, NFPROTO_IPV4)
      .Put(NFTA_RULE_HANDLE, Bytes(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 1, 2}))
      .Put(NFTA_RULE_USERDATA, comment)
      .Nest(NFTA_RULE_EXPRESSIONS,
            [](Message& rule) {
              rule.Nest(NFTA_LIST_ELEM, [](Message& e) { e.PutText(NFTA_EXPR_NAME, "counter"); });
              rule.Nest(NFTA_LIST_ELEM, [](Message& e) {
                e.PutText(NFTA_EXPR_NAME, "immediate").Nest(NFTA_EXPR_DATA, [](Message& data) {
                  data.Nest(NFTA_IMMEDIATE_DATA, [](Message& value) {
                    value.Nest(NFTA_DATA_VERDICT, [](Message& verdict) {
                      verdict.PutU32(NFTA_VERDICT_CODE, htonl(static_cast<uint32_t>(NFT_JUMP)));
                      verdict.PutText(NFTA_VERDICT_CHAIN, "there");
                    });
                  });
                });
              });
            })
      .Asking("");
}

TEST(DecodeChainRule, ReadsHandleCommentAndVerdict) {
  const auto rule = DecodeChainRule(Body(ShownRule()));
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->handle, 258u);
  EXPECT_EQ(rule->comment, "ours");
  EXPECT_EQ(rule->always, ChainRule::Always::kJump);
  EXPECT_EQ(rule->target, "there");
}

Request ShownConnection() {
  const auto tuple = [](std::string_view from, std::string_view to) {
    return [=](Message& tuple) {
      tuple.Nest(CTA_TUPLE_IP, [&](Message& ips) {
        ips.Put(CTA_IP_V4_SRC, ParseIp(from)).Put(CTA_IP_V4_DST, ParseIp(to));
      });
    };
  };
  return NetfilterMessage(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, 0, AF_INET, 0)
      .Nest(CTA_TUPLE_ORIG, tuple("10.244.1.5", "10.96.0.1"))
      .Nest(CTA_TUPLE_REPLY, tuple("10.200.0.1", "10.244.1.5"))
      .PutU16(CTA_ZONE, htons(2))
      .PutU32(CTA_ID, 77)
      .Nest(CTA_PROTOINFO,
            [](Message& info) {
              info.Nest(CTA_PROTOINFO_TCP, [](Message& tcp) {
                tcp.PutU8(CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_TIME_WAIT);
              });
            })
      .Asking("");
}

TEST(DecodeConnection, ReadsZoneAndBothEnds) {
  const Request shown = ShownConnection();
  const auto connection = DecodeConnection(Body(shown));
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->zone, 2);
  EXPECT_EQ(connection->client, ParseIp("10.244.1.5"));
  EXPECT_EQ(connection->server, ParseIp("10.200.0.1")) << "what it was translated to";
  EXPECT_EQ(connection->family, AF_INET);
  EXPECT_TRUE(connection->id);
  EXPECT_TRUE(connection->closed);
  EXPECT_FALSE(DecodeConnection(Body(ShownRule())));
}

void DecodeAll(Bytes body) {
  (void)DecodeLink(body);
  (void)DecodeAddress(body);
  (void)DecodeRoute(body);
  (void)DecodeNeighbour(body);
  (void)DecodeChainRule(body);
  (void)DecodeConnection(body);
}

TEST(Decoders, NeverReadPastTheEnd) {
  const Request samples[] = {
      ShownLink(),
      ShownRule(),
      ShownConnection(),
      AddAddress({.link = 1, .ip = ParseIp("fd00::5"), .length = 64}),
      AddNeighbour({.link = 1, .ip = ParseIp("10.0.0.1"), .mac = Mac{}}),
      AddRoute(
          {.destination = *Prefix::Parse("10.1.0.0/16"), .link = 3, .via = ParseIp("fe80::1")}),
  };
  std::minstd_rand random(1);
  for (const Request& sample : samples) {
    const Bytes body = Body(sample);
    for (size_t size = 0; size <= body.size(); ++size)
      DecodeAll(std::vector<uint8_t>(body.begin(), body.begin() + static_cast<ptrdiff_t>(size)));
    for (int round = 0; round < 20'000; ++round) {
      std::vector<uint8_t> garbled(body.begin(), body.end());
      for (int i = 0; i < 3; ++i)
        garbled[random() % garbled.size()] = static_cast<uint8_t>(random());
      DecodeAll(garbled);
    }
  }
}

TEST(Requests, SayWhatIsAsked) {
  EXPECT_EQ(SetLink("kv3", {.up = true, .mtu = 1450, .group = 28}).what,
            "set up mtu 1450 group 28 of link kv3");
  const Request route = AddRoute({.destination = *Prefix::Parse("10.1.0.0/16"),
                                  .link = 3,
                                  .via = ParseIp("169.254.1.1"),
                                  .table = 100});
  EXPECT_EQ(route.what, "add route to 10.1.0.0/16 via 169.254.1.1 in table 100 over link");
  EXPECT_EQ(route.link, 3) << "whose name the socket adds";
  EXPECT_EQ(DeleteLinkGroup(28).what, "delete links of group 28");
}

}  // namespace
}  // namespace kvs::netlink
