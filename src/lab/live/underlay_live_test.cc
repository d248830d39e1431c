#include "lab/live/live_lab.h"

// A node whose network is not the simplest there is: several addresses, an overlay address that is
// not its link's first, or that is lo's as where nodes speak BGP. What a node sends is what the
// others take.
namespace kvs::lab {
namespace {

using testing::HasSubstr;

class UnderlayLiveTest : public LiveLab {
 protected:
  static constexpr const char* kOverlay = "10.200.0.1";
  static constexpr const char* kSecond = "10.200.0.101";

  std::string link() const { return KernelDatapath() ? "u0" : "br-phy"; }
  void Address(const char* verb, const std::string& address, const std::string& link) {
    Do({"ip", "address", verb, address, "dev", link});
  }
  // Stays when the first one goes.
  void AddSecond() {
    Do({"sysctl", "-qw", "net.ipv4.conf." + link() + ".promote_secondaries=1"});
    Address("add", std::string(kSecond) + "/24", link());
  }
  std::string Mtu() {
    return Ask({"ovs-vsctl", "--timeout=5", "get", "bridge", "k-vswitch0", "external_ids:kvs.mtu"});
  }
};

TEST_F(UnderlayLiveTest, ASecondAddressOfTheNodeReachesPodsElsewhere) {
  AddSecond();
  Address("add", "fd00:200::101/64", link());
  Address("add", "192.168.9.9/32", "lo");
  Address("add", "fd77::1/128", "lo");
  ExpectMended();
  for (const auto& [source, six] : {std::pair(kSecond, false),
                                    {"fd00:200::101", true},
                                    {"192.168.9.9", false},
                                    {"fd77::1", true}}) {
    const std::vector<std::string> ping = {"ping", "-c1",  "-W2",
                                           "-I",   source, PodOn("node2").ips.at(six).ToString()};
    EXPECT_TRUE(Eventually([&] { return exec::Check(node().Here(ping)).has_value(); }))
        << Ask(ping);
  }
}

// What IPVS has translated leaves the node like this, with a pod as its source: from an address
// that is no tunnel's. (The guest of the kernel's datapath has no Python.)
TEST_F(UnderlayLiveTest, NobodyButTheTunnelSendsToATunnel) {
  AddSecond();
  ExpectMended();
  const auto send = [&](const char* from, int port) {
    return Ask({"python3", "-c",
                fmt::format("import socket; s = socket.socket(type=socket.SOCK_DGRAM); "
                            "s.bind(('{}', 0)); print(s.sendto(b'x', ('10.200.0.2', {})))",
                            from, port)});
  };
  if (KernelDatapath()) return;
  for (const int port : {4789, 6081})
    EXPECT_THAT(send(kSecond, port), HasSubstr("Operation not permitted"));
  EXPECT_EQ(send(kSecond, 4790), "1\n");
  EXPECT_EQ(send(kOverlay, 4789), "1\n");
}

TEST_F(UnderlayLiveTest, AnOverlayAddressThatIsNotTheFirstIsTheTunnelsSource) {
  AddSecond();
  Address("del", std::string(kOverlay) + "/24", link());
  Address("add", std::string(kOverlay) + "/24", link());
  EXPECT_THAT(Ask({"ip", "route", "get", "10.200.0.2"}), HasSubstr(kSecond))
      << "the kernel would choose this one";
  ExpectMended();
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
  EXPECT_THAT(Ask({"ovs-ofctl", "-OOpenFlow15", "dump-flows", "k-vswitch0", "table=180"}),
              HasSubstr("set_field:" + std::string(kOverlay) + "->tun_src"));
  ASSERT_TRUE(node().RestartOvs());
  ExpectMended();
}

TEST_F(UnderlayLiveTest, AnOverlayAddressMayBeOnLo) {
  const std::string mtu = Mtu();
  Address("add", std::string(kOverlay) + "/32", "lo");
  ExpectMended();
  EXPECT_EQ(Mtu(), mtu) << "on both";
  AddSecond();
  Address("del", std::string(kOverlay) + "/24", link());
  EXPECT_TRUE(
      Told(KernelDatapath() ? "ok\n" : "does not know 10.200.0.1 as an address of a bridge"))
      << Problems();
  EXPECT_EQ(Mtu(), mtu) << "on lo alone";
  if (KernelDatapath()) ExpectMended();
}

TEST_F(UnderlayLiveTest, PodsLargerThanTheWayAreTold) {
  Do({"ip", "link", "set", link(), "mtu", "1400"});
  EXPECT_TRUE(Told("takes 1350: larger packets are lost; recreate the pods")) << Problems();
  Do({"ip", "link", "set", link(), "mtu", "1500"});
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
}

}  // namespace
}  // namespace kvs::lab
