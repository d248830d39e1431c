#include <algorithm>
#include <functional>
#include <random>

#include "lab/live/frames_lab.h"
#include "netlink/interface.h"
#include "ovsdb/dpctl.h"
#include "pipeline/items.h"

// What one pod can make the switch keep is bounded, so that it starves no other: whatever it fills
// in freely, the switch remembers few megaflows; and connections leave room for the node's own.
namespace kvs::lab {
namespace {

using pipeline::kBroadcastMac;
using pipeline::kGatewayMac;

constexpr int kFrames = 2000;
constexpr size_t kMost = 64;
constexpr size_t kMostTtls = 256 + kMost;  // dec_ttl reads it as a whole, in the first pass

// What differs from frame to frame.
class Dice {
 public:
  Mac AnyMac() {
    Mac mac;
    Fill(mac.bytes);
    return mac;
  }
  Ip In(const Prefix& range) {
    if (range.address().is4()) {
      Ip4 ip;
      Fill(ip.bytes);
      return Within(range, ip);
    }
    Ip6 ip;
    Fill(ip.bytes);
    return Within(range, ip);
  }
  uint16_t Number() { return static_cast<uint16_t>(random_()); }

 private:
  void Fill(auto& bytes) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
  }
  // `ip` with the range's first bits.
  static Ip Within(const Prefix& range, auto ip) {
    const uint8_t* start = range.address().data();
    for (int bit = 0; bit < range.length(); ++bit) {
      const auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
      auto& byte = ip.bytes[static_cast<size_t>(bit / 8)];
      byte = static_cast<uint8_t>((byte & ~mask) | (start[bit / 8] & mask));
    }
    return ip;
  }
  std::mt19937 random_{1};
};

Prefix All(Family family) { return Prefix(family == Family::kIpv6 ? Ip(Ip6{}) : Ip(Ip4{}), 0); }

class StarvationLiveTest : public FramesLab {
 protected:
  Ip own(Family family) const { return pod_.ips.at(static_cast<size_t>(family)); }
  Ip another(Family family) { return PodOn("node2").ips.at(static_cast<size_t>(family)); }
  Prefix cluster(Family family) const {
    return family == Family::kIpv6 ? *Prefix::Parse("fd00:10:244::/56")
                                   : *Prefix::Parse("10.244.0.0/16");
  }

  Bytes UdpFrame(const Mac& from, const Mac& to, const Ip& src, const Ip& dst, uint16_t from_port,
                 uint16_t to_port, uint8_t ttl = 64) const {
    return Ethernet(
        from, to, EthTypeOf(src),
        IpPacket(src, dst, kProtocolUdp, Udp(src, dst, from_port, to_port, BytesOf("x")), ttl));
  }
  Bytes ArpFrame(const Mac& to, const Arp& arp) const {
    return Ethernet(mac_, to, kEthArp, ArpPacket(arp));
  }
  Arp HonestArp() const {
    return {
        .sender_mac = mac_, .sender_ip = own(Family::kIpv4).v4(), .target_ip = pipeline::kNextHop4};
  }
  // A Neighbor Solicitation by `src`, with `more` options after its own link's.
  Bytes Solicitation(const Ip& src, const Mac& to, const Ip& dst, const Ip& target, const Mac& link,
                     const Bytes& more = {}) const {
    const Bytes body =
        Concat({Bytes(4), Bytes(target.data(), target.data() + 16), NdLinkAddress(1, link), more});
    return Ethernet(mac_, to, kEthIp6,
                    IpPacket(src, dst, kProtocolIcmp6, Icmp6(src, dst, 135, 0, body), 255));
  }
  Bytes Solicitation(const Mac& to, const Ip& dst, const Ip& target, const Mac& link) const {
    return Solicitation(own(Family::kIpv6), to, dst, target, link);
  }

  // The megaflows that the switch has for what comes in by the pod's port.
  size_t Megaflows() {
    const auto dump = node().Appctl("dpctl/dump-flows", {"-m", "--names", datapath_});
    EXPECT_TRUE(dump) << dump.error().message;
    size_t count = 0;
    std::istringstream lines(*dump);
    const std::string port = "in_port(" + pod_.port + ")";
    for (std::string line; std::getline(lines, line);) count += line.find(port) != line.npos;
    return count;
  }
  // Counts what is new: old ones are not purged, for that aborts an ovs-vswitchd 3.1 now and then.
  void ExpectFew(const char* what, const std::function<Bytes(Dice&)>& frame, size_t most = kMost) {
    const size_t before = Megaflows();
    Dice dice;
    for (int i = 0; i < kFrames; ++i) {
      const auto sent = tap_->Send(frame(dice));
      ASSERT_TRUE(sent) << sent.error().message;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const size_t now = Megaflows();
    std::cout << fmt::format("{:4} megaflows, {} before: {}\n", now, before, what);
    EXPECT_LE(now, before + most) << what;
    EXPECT_GT(now, 0u) << what;
  }

  const std::string datapath_ = ovsdb::DatapathOf(KernelDatapath() ? "system" : "netdev");
};

TEST_F(StarvationLiveTest, AScanOfMacsCostsFewMegaflows) {
  for (const Family family : kFamilies) {
    const Ip src = own(family), dst = another(family);
    ExpectFew("Ethernet destinations",
              [&](Dice& dice) { return UdpFrame(mac_, dice.AnyMac(), src, dst, 1000, 53); });
    ExpectFew("Ethernet sources",
              [&](Dice& dice) { return UdpFrame(dice.AnyMac(), kGatewayMac, src, dst, 1000, 53); });
  }
  ExpectFew("Ethernet destinations of an unknown type",
            [&](Dice& dice) { return Ethernet(mac_, dice.AnyMac(), 0x88b5, BytesOf("x")); });
}

TEST_F(StarvationLiveTest, AScanByArpCostsFewMegaflows) {
  ExpectFew("ARP, Ethernet destinations",
            [&](Dice& dice) { return ArpFrame(dice.AnyMac(), HonestArp()); });
  const auto scan = [&](const char* what, auto change) {
    ExpectFew(what, [&](Dice& dice) {
      Arp arp = HonestArp();
      change(arp, dice);
      return ArpFrame(kBroadcastMac, arp);
    });
  };
  scan("ARP targets",
       [](Arp& arp, Dice& dice) { arp.target_ip = dice.In(All(Family::kIpv4)).v4(); });
  scan("ARP targets of the cluster",
       [&](Arp& arp, Dice& dice) { arp.target_ip = dice.In(cluster(Family::kIpv4)).v4(); });
  scan("ARP targets' MACs", [](Arp& arp, Dice& dice) { arp.target_mac = dice.AnyMac(); });
  scan("ARP senders",
       [](Arp& arp, Dice& dice) { arp.sender_ip = dice.In(All(Family::kIpv4)).v4(); });
  scan("ARP senders' MACs", [](Arp& arp, Dice& dice) { arp.sender_mac = dice.AnyMac(); });
}

TEST_F(StarvationLiveTest, AScanByNeighborDiscoveryCostsFewMegaflows) {
  const Ip next_hop = pipeline::NextHop(Family::kIpv6), group = pipeline::kNextHop6Group;
  const Mac group_mac = pipeline::kNextHop6GroupMac;
  ExpectFew("ND targets", [&](Dice& dice) {
    return Solicitation(group_mac, group, dice.In(All(Family::kIpv6)), mac_);
  });
  ExpectFew("ND targets of the cluster", [&](Dice& dice) {
    return Solicitation(group_mac, group, dice.In(cluster(Family::kIpv6)), mac_);
  });
  ExpectFew("ND, Ethernet destinations",
            [&](Dice& dice) { return Solicitation(dice.AnyMac(), group, next_hop, mac_); });
  ExpectFew("ND, destinations", [&](Dice& dice) {
    return Solicitation(group_mac, dice.In(*Prefix::Parse("ff02::/16")), next_hop, mac_);
  });
  ExpectFew("ND senders' MACs",
            [&](Dice& dice) { return Solicitation(group_mac, group, next_hop, dice.AnyMac()); });
  ExpectFew("ND senders", [&](Dice& dice) {
    return Solicitation(dice.In(All(Family::kIpv6)), group_mac, group, next_hop, mac_);
  });
  ExpectFew("ND, a second option", [&](Dice& dice) {
    return Solicitation(own(Family::kIpv6), group_mac, group, next_hop, mac_,
                        NdLinkAddress(2, dice.AnyMac()));
  });
}

TEST_F(StarvationLiveTest, AScanOfAddressesCostsFewMegaflows) {
  for (const Family family : kFamilies) {
    const auto to = [&](const char* what, const Prefix& range) {
      ExpectFew(what, [this, family, range](Dice& dice) {
        return UdpFrame(mac_, kGatewayMac, own(family), dice.In(range), 1000, 53);
      });
    };
    // What goes to the host in userspace, Open vSwitch compares with the ends of its tunnels,
    // whole.
    if (KernelDatapath()) to("destinations", All(family));
    to("destinations of the cluster", cluster(family));
    to("destinations of the node's range", Prefix(own(family), family == Family::kIpv6 ? 64 : 24));
    ExpectFew("sources", [&](Dice& dice) {
      return UdpFrame(mac_, kGatewayMac, dice.In(All(family)), another(family), 1000, 53);
    });
    ExpectFew("sources of the cluster", [&](Dice& dice) {
      return UdpFrame(mac_, kGatewayMac, dice.In(cluster(family)), another(family), 1000, 53);
    });
  }
}

TEST_F(StarvationLiveTest, AScanOfPortsCostsFewMegaflows) {
  for (const Family family : kFamilies) {
    const Ip node2 = lab_->node("node2").addresses().at(static_cast<size_t>(family));
    for (const Ip& dst : {another(family), node2})
      ExpectFew("ports", [&](Dice& dice) {
        return UdpFrame(mac_, kGatewayMac, own(family), dst, dice.Number(), dice.Number());
      });
  }
}

TEST_F(StarvationLiveTest, TtlsCostNoMoreThanThereAre) {
  for (const Family family : kFamilies)
    ExpectFew(
        "TTLs",
        [&](Dice& dice) {
          return UdpFrame(mac_, kGatewayMac, own(family), another(family), 1000, 53,
                          static_cast<uint8_t>(dice.Number()));
        },
        kMostTtls);
}

class DatapathLimitsLiveTest : public StarvationLiveTest {
 protected:
  void TearDown() override {
    if (!kernel_size_.empty()) SetKernelTable(kernel_size_);
    StarvationLiveTest::TearDown();
  }

  // "": there is no answer, as while ovs-vswitchd restarts.
  std::string Dpctl(const std::string& command, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), datapath_);
    return node().Appctl("dpctl/" + command, arguments).value_or("");
  }
  // Of zone 2; 0: none.
  uint64_t Limit() {
    const auto zones = ovsdb::ParseZoneLimits(Dpctl("ct-get-limits", {}));
    for (const ovsdb::ZoneLimit& zone : *zones)
      if (zone.zone == 2) return zone.limit;
    return 0;
  }
  uint64_t TableSize() {
    if (!KernelDatapath()) return ovsdb::ParseCount(Dpctl("ct-get-maxconns", {})).value_or(1);
    return std::stoull(netlink::ReadSysctl(kTableSize).value());
  }
  // Of all namespaces: only the first one may say it (nf_conntrack-sysctl.rst).
  void SetKernelTable(const std::string& size) {
    const auto set = netlink::WriteSysctl(kTableSize, size);
    ASSERT_TRUE(set) << set.error().message;
  }
  void SetTable(uint64_t size) {
    if (!KernelDatapath()) return (void)Dpctl("ct-set-maxconns", {std::to_string(size)});
    kernel_size_ = netlink::ReadSysctl(kTableSize).value();
    SetKernelTable(std::to_string(size));
  }
  // The last quarter of the table is free of pods. What they have already is not counted.
  bool LeavesAQuarter() {
    return Eventually([&] {
      const uint64_t limit = Limit(), most = TableSize() - TableSize() / 4;
      return KernelDatapath() ? limit > 0 && limit < most : limit == most;
    });
  }
  // The kernel's datapath has a limit only while half of the table is in use.
  void FillHalf() {
    if (KernelDatapath()) Do({"sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=600"});
    // An emulated guest loses many of them.
    for (int tries = 0; tries < 20 && Connections() < 1050; ++tries) SendFrom(1, 1100);
    SetTable(2000);
  }
  void SendFrom(uint16_t first, uint16_t last) {
    for (uint16_t port = first; port <= last; ++port) {
      const auto sent = tap_->Send(
          UdpFrame(mac_, kGatewayMac, own(Family::kIpv4), another(Family::kIpv4), port, 53));
      ASSERT_TRUE(sent) << sent.error().message;
      if (port % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // Floods until the agent says so. An emulated guest loses many frames.
  bool Flooded(const std::string& problem) {
    return Eventually(
        [&] {
          SendFrom(1101, 4000);
          return Problems().find(problem) != std::string::npos;
        },
        std::chrono::seconds(60));
  }
  bool KeepsFragments() {
    return KernelDatapath() || Eventually([&] {
             return ovsdb::ParseMaxFragments(Dpctl("ipf-get-status", {})) == 5000u;
           });
  }
  size_t Connections() {
    const std::string all = Dpctl("dump-conntrack", {"zone=2"});
    return static_cast<size_t>(std::ranges::count(all, '\n'));
  }

  static constexpr const char* kTableSize = "net/netfilter/nf_conntrack_max";
  std::string kernel_size_;  // as it was; "": nobody changed it
};

TEST_F(DatapathLimitsLiveTest, AreSetAgainWhoeverTookThemAway) {
  FillHalf();
  EXPECT_TRUE(LeavesAQuarter()) << Limit();
  EXPECT_TRUE(KeepsFragments());
  Dpctl("ct-set-limits", {"zone=64000,limit=7"});
  Dpctl("ct-del-limits", {"zone=2"});
  if (!KernelDatapath()) Dpctl("ipf-set-max-nfrags", {"1000"});
  EXPECT_TRUE(LeavesAQuarter()) << Limit();
  EXPECT_TRUE(KeepsFragments());
  EXPECT_THAT(Dpctl("ct-get-limits", {}), testing::HasSubstr("zone=64000,limit=7"));
  Dpctl("ct-del-limits", {"zone=64000"});
  ASSERT_TRUE(node().RestartOvs());
  EXPECT_TRUE(Eventually([&] { return Limit() != 0; }));
  EXPECT_TRUE(LeavesAQuarter()) << Limit();
  EXPECT_TRUE(KeepsFragments());
}

TEST_F(DatapathLimitsLiveTest, AFloodOfConnectionsLeavesRoomForTheNodesOwn) {
  FillHalf();
  ASSERT_TRUE(LeavesAQuarter()) << Limit();
  EXPECT_TRUE(Flooded("conntrack zone 2: 80 % of the limit of ")) << Problems();
  EXPECT_LE(Connections(), 1500u);
  auto nodes = lab_->Endpoints();
  std::erase_if(nodes, [](const probe::Endpoint& endpoint) {
    return endpoint.kind != probe::Endpoint::Kind::kNode;
  });
  EXPECT_TRUE(Reached(nodes)) << last_;
}

// It is one of its addresses that counts, and it is the pod that is refused.
TEST_F(DatapathLimitsLiveTest, APodWithTooManyConnectionsBeginsNoOther) {
  const auto set = [&](const char* most) {
    Manifest("settings.yaml", fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: "
                                          "k-vswitch, namespace: kube-system}}\n"
                                          "data: {{maxConnectionsPerPod: \"{}\"}}\n",
                                          most));
  };
  const std::string told = "has begun more than its limit of 300 connections";
  const auto begins = [&](uint16_t port) {
    return Eventually(
        [&] {
          SendFrom(port, port);
          return Dpctl("dump-conntrack", {"zone=2"}).find(fmt::format("sport={},", port)) !=
                 std::string::npos;
        },
        std::chrono::seconds(3));
  };
  set("300");
  EXPECT_TRUE(Flooded(told)) << Problems();
  EXPECT_FALSE(begins(5000));
  auto others = lab_->Endpoints();
  std::erase_if(others,
                [&](const probe::Endpoint& endpoint) { return endpoint.name == pod_.name; });
  EXPECT_TRUE(Reached(others)) << last_;

  const auto flushed = node().Appctl("dpctl/flush-conntrack", {"zone=2"});
  ASSERT_TRUE(flushed) << flushed.error().message;
  const auto over = [&] { return Problems().find(told) == std::string::npos; };
  EXPECT_TRUE(Eventually(over)) << Problems();
  EXPECT_TRUE(begins(5001)) << "they are fewer than 80 %";

  EXPECT_TRUE(Flooded(told)) << Problems();
  EXPECT_FALSE(begins(5002));
  set("0");
  EXPECT_TRUE(Eventually(over)) << Problems();
  EXPECT_TRUE(begins(5003)) << "there is no bound";
}

}  // namespace
}  // namespace kvs::lab
