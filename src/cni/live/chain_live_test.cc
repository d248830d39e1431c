// Addresses from another plugin, and other plugins after ours: those of Debian's package
// containernetworking-plugins.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cni/live/live_fixture.h"

namespace kvs::cni {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DelegationTest : public ::testing::Test, public LiveFixture {
 protected:
  DelegationTest() {
    node.StartAgent();
    conf["ipam"] = {
        {"type", "host-local"},
        {"dataDir", node.path("leases")},
        {"subnet", "10.9.0.0/24"},
        {"routes", boost::json::parse(R"([{"dst":"0.0.0.0/0"},{"dst":"10.8.0.0/16"}])")}};
  }

  std::vector<std::string> Leases() const {
    std::vector<std::string> leases;
    const std::filesystem::path folder = node.path("leases/k-vswitch");
    if (!std::filesystem::exists(folder)) return leases;
    for (const auto& file : std::filesystem::directory_iterator(folder))
      if (file.path().filename().string().starts_with("10."))
        leases.push_back(file.path().filename());
    return leases;
  }
};

TEST_F(DelegationTest, TakesTheAddressOfHostLocal) {
  const auto result = Add("c1");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_THAT(result->ips, SizeIs(1));
  const std::string ip = result->ips[0].ip.ToString();
  EXPECT_THAT(Leases(), ::testing::ElementsAre(ip));
  EXPECT_THAT(InPod("c1", "ip addr show eth0"), HasSubstr("inet " + ip + "/32"));
  EXPECT_THAT(InPod("c1", "ip route"), HasSubstr("10.8.0.0/16 via 169.254.1.1"));
  const auto ports = node.Ports();
  EXPECT_THAT(ports.begin()->first, ::testing::StartsWith("kvx"));
  EXPECT_EQ(ports.begin()->second.at("kvs.ipam"), "delegated");
  const Ended check = Invoke("CHECK", "c1", *result);
  EXPECT_EQ(check.status, 0) << check.output;
  EXPECT_EQ(Invoke("STATUS", "").status, 0);
  EXPECT_EQ(Invoke("DEL", "c1", *result).status, 0);
  EXPECT_THAT(Leases(), IsEmpty());
  ExpectNothing();
}

TEST_F(DelegationTest, GivesTheAddressBackWhenAddFails) {
  node.StartAgent("refused");
  EXPECT_EQ(Add("c1").error().code, 11);
  EXPECT_THAT(Leases(), IsEmpty());
  ExpectNothing();
}

TEST_F(DelegationTest, DelReleasesTheAddressWhateverIsGone) {
  ASSERT_TRUE(Add("c1"));
  node.StopAgent();
  node.StopDatabase();
  ASSERT_TRUE(netlink::Namespace::Delete("c1"));
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
  EXPECT_THAT(Leases(), IsEmpty());
}

TEST_F(DelegationTest, FindsTwoPodsWithOneAddress) {
  ASSERT_TRUE(Add("c1"));
  std::filesystem::remove_all(node.path("leases"));  // it forgets, and gives the address again
  const auto second = Add("c2");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, 102);
  EXPECT_THAT(second.error().message,
              HasSubstr("ipam plugin host-local returned 10.9.0.2, which is"));
  EXPECT_THAT(node.Ports(), SizeIs(1));
}

TEST_F(DelegationTest, AnAddressIsOnePodsHoweverTheyCameByIt) {
  const auto from_static = [&](const Ip& ip) {
    const std::string address = Prefix::Host(ip).ToString();
    conf["ipam"] = {{"type", "static"}, {"addresses", boost::json::array{{{"address", address}}}}};
  };
  conf.erase("ipam");
  const auto own = Add("c1");
  ASSERT_TRUE(own) << own.error().message;
  for (const auto& address : own->ips) {
    from_static(address.ip);
    const auto second = Add("c2");
    ASSERT_FALSE(second) << address.ip.ToString();
    EXPECT_EQ(second.error().code, 102) << second.error().message;
  }
  from_static(*Ip::Parse("10.1.1.99"));
  ASSERT_TRUE(Add("c3"));
  conf.erase("ipam");
  conf["runtimeConfig"] = boost::json::parse(R"({"ips":["10.1.1.99"]})");
  const auto fourth = Add("c4");
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, 102) << fourth.error().message;
  EXPECT_THAT(node.Ports(), SizeIs(2)) << "c1 and c3 have what they had";
  conf.erase("runtimeConfig");
  EXPECT_TRUE(Add("c4"));
}

TEST_F(DelegationTest, AnAddressGivenTwiceIsOne) {
  conf["ipam"] = {{"type", "static"},
                  {"addresses", boost::json::parse(R"([{"address":"10.9.0.7/32"},
                      {"address":"10.9.0.8/32"},{"address":"10.9.0.7/24"}])")}};
  const auto result = Add("c1");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_THAT(result->ips, SizeIs(2));
  EXPECT_EQ(result->ips[0].ip.ToString(), "10.9.0.7");
  EXPECT_EQ(result->ips[1].ip.ToString(), "10.9.0.8");
  EXPECT_EQ(node.Ports().begin()->second.at("kvs.ips"), "10.9.0.7,10.9.0.8");
}

TEST(SmallRangeDelegationTest, OwnAddressesGoAroundThoseOfOthers) {
  LiveFixture ground("10.1.1.0/29");  // .3 to .6
  ground.node.StartAgent();
  ground.conf["ipam"] = {{"type", "static"},
                         {"addresses", boost::json::array{{{"address", "10.1.1.4/32"}}}}};
  ASSERT_TRUE(ground.Add("c1"));
  ground.conf.erase("ipam");
  std::set<std::string> ips;
  for (const char* pod : {"c2", "c3", "c4"}) {
    const auto added = ground.Add(pod);
    ASSERT_TRUE(added) << added.error().message;
    ips.insert(added->ips[0].ip.ToString());
  }
  EXPECT_EQ(ips, (std::set<std::string>{"10.1.1.3", "10.1.1.5", "10.1.1.6"}));
  EXPECT_EQ(ground.Add("c5").error().code, 11);
}

TEST_F(DelegationTest, LeftoverLeasesAreTakenBack) {
  ASSERT_TRUE(Add("c1"));
  const std::string port = node.Ports().begin()->first;
  node.LosePort(port);
  ASSERT_TRUE(node.host().Do(netlink::DeleteLink(port)));  // only the lease is left
  EXPECT_TRUE(Add("c1"));
  EXPECT_THAT(Leases(), SizeIs(1));
}

TEST_F(DelegationTest, SaysWhatIsWrongWithThePlugin) {
  conf["ipam"] = {{"type", "no-such-plugin"}};
  EXPECT_EQ(Add("c1").error().code, 7);
  EXPECT_THAT(Add("c1").error().message,
              HasSubstr("\"no-such-plugin\" is not in any folder of CNI_PATH"));
  conf["ipam"] = {{"type", "host-local"}, {"subnet", "rubbish"}};
  EXPECT_THAT(Add("c1").error().message, HasSubstr("ipam plugin host-local: "));
  ExpectNothing();
}

// A container runtime with a list of plugins.
class ChainTest : public ::testing::Test, public LiveFixture {
 protected:
  ChainTest() {
    node.StartAgent();
    conf["cniVersion"] = "1.0.0";  // the newest of Debian's plugins
  }

  Ended Chain(const std::string& command, const std::string& pod) {
    return InvokeChain(command, pod, plugins, result);
  }

  void Append(const std::string& plugin) {
    plugins.push_back(boost::json::parse(plugin).as_object());
  }

  std::vector<boost::json::object> plugins;
  std::string result;
};

TEST_F(ChainTest, PortmapBandwidthAndTuningAfterOurs) {
  conf["type"] = "k-vswitch-cni";
  plugins.push_back(conf);
  Append(R"({"type":"portmap","capabilities":{"portMappings":true},"snat":true,
             "runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}})");
  Append(R"({"type":"bandwidth","ingressRate":1000000,"ingressBurst":1000000,
             "egressRate":1000000,"egressBurst":1000000})");
  Append(R"({"type":"tuning","sysctl":{"net.ipv4.conf.eth0.arp_notify":"1"},"mtu":1400})");
  const Ended added = Chain("ADD", "c1");
  ASSERT_EQ(added.status, 0) << added.output;
  const auto final = CniResult::Decode(result);
  ASSERT_TRUE(final);
  EXPECT_THAT(final->ips, SizeIs(2));
  EXPECT_THAT(InPod("c1", "ip link show eth0"), HasSubstr("mtu 1400"));
  const std::string ip = final->ips[0].ip.ToString();
  EXPECT_THAT(RunProgram({"iptables-save", "-t", "nat"}).output, HasSubstr(ip + ":80"));
  const Ended checked = Chain("CHECK", "c1");
  EXPECT_EQ(checked.status, 0) << checked.output;
  const Ended deleted = Chain("DEL", "c1");
  EXPECT_EQ(deleted.status, 0) << deleted.output;
  EXPECT_THAT(RunProgram({"iptables-save", "-t", "nat"}).output,
              ::testing::Not(HasSubstr(ip + ":80")));
  ExpectNothing();
}

TEST_F(ChainTest, OursMustBeFirst) {
  plugins.push_back(conf);
  plugins.push_back(conf);
  const Ended added = Chain("ADD", "c1");
  EXPECT_EQ(added.status, 1);
  EXPECT_THAT(added.output, HasSubstr("it must be the first plugin of network \\\"k-vswitch\\\""));
  EXPECT_EQ(Chain("DEL", "c1").status, 0);
}

}  // namespace
}  // namespace kvs::cni
