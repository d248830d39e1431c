// Several interfaces of one pod, attached in the order in which Multus does and in others.
#include <map>
#include <string>
#include <vector>

#include "cni/live/live_fixture.h"

namespace kvs::cni {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class SeveralInterfacesTest : public ::testing::Test, public LiveFixture {
 protected:
  SeveralInterfacesTest() {
    node.StartAgent();
    conf["cniVersion"] = "1.0.0";  // the newest of Debian's plugins
  }

  // Of the interface `name` of pod c1.
  void Attach(const std::string& name) {
    ifname = name;
    const auto added = Add("c1");
    ASSERT_TRUE(added) << name << ": " << added.error().message;
    results[name] = *added;
  }
  Ended Check(const std::string& name) {
    ifname = name;
    return Invoke("CHECK", "c1", results.at(name));
  }
  void Remove(const std::string& name) {
    ifname = name;
    const Ended ended = Invoke("DEL", "c1", results.at(name));
    EXPECT_EQ(ended.status, 0) << ended.output;
    node.Reap();
  }

  std::string Defaults() {
    return InPod("c1", "ip -4 route show default; ip -6 route show default");
  }
  // All that belongs to `name`, and what belongs to no interface; not what IPv6 does by
  // itself: a local route of each address, which comes later.
  std::string StateOf(const std::string& name) {
    const std::string settings = "; cd /proc/sys/net; for f in 4 6; do for i in all default lo " +
                                 name +
                                 "; do grep -r . ipv$f/conf/$i 2>/dev/null | sort; done; done";
    const std::string of_itself = " | grep -v '^local \\|anycast fe80\\|multicast'";
    return InPod("c1", "ip -o addr show scope global dev " + name +
                           "; ip -4 route show table all dev " + name +
                           "; ip -6 route show table all dev " + name + of_itself +
                           "; ip neigh show nud permanent dev " + name +
                           "; ip rule; ip -6 rule; ip -o addr show dev lo" + settings);
  }

  std::map<std::string, CniResult> results;
};

TEST_F(SeveralInterfacesTest, TheFirstKeepsTheDefaultRoutesInAnyOrder) {
  const std::pair<std::string, std::string> orders[] = {{"eth0", "net1"}, {"net1", "eth0"}};
  for (const auto& [first, second] : orders)
    for (const bool in_turn : {false, true}) {
      Attach(first);
      const std::string before = StateOf(first), defaults = Defaults();
      EXPECT_THAT(defaults, HasSubstr("default via 169.254.1.1 dev " + first));
      EXPECT_THAT(defaults, HasSubstr("default via fe80::a:1 dev " + first));
      EXPECT_THAT(results[first].routes, SizeIs(2));
      Attach(second);
      EXPECT_EQ(StateOf(first), before);
      EXPECT_EQ(Defaults(), defaults);
      EXPECT_THAT(results[second].ips, SizeIs(2));
      EXPECT_THAT(results[second].routes, IsEmpty());
      for (const std::string& name : {first, second}) EXPECT_EQ(Check(name).status, 0) << name;
      Remove(in_turn ? first : second);
      const std::string left = in_turn ? second : first;
      EXPECT_EQ(Check(left).status, 0);
      EXPECT_EQ(Defaults(), in_turn ? "" : defaults);
      if (!in_turn) {
        EXPECT_EQ(StateOf(first), before);
      }
      Remove(left);
      ExpectNothing();
      EXPECT_THAT(InPod("c1", "ip route; ip -6 route; ip rule | grep -v ' lookup '"), IsEmpty());
    }
}

TEST_F(SeveralInterfacesTest, OneComesBackWhileTheOtherStays) {
  Attach("eth0");
  Attach("net1");
  const std::string of_net1 = StateOf("net1");
  Remove("eth0");
  Attach("eth0");
  EXPECT_THAT(Defaults(), HasSubstr("default via 169.254.1.1 dev eth0"));
  EXPECT_THAT(Defaults(), HasSubstr("default via fe80::a:1 dev eth0"));
  EXPECT_EQ(StateOf("net1"), of_net1);
  const std::string of_eth0 = StateOf("eth0");
  for (int i = 0; i < 3; ++i) {
    Remove("net1");
    Attach("net1");
    Attach("net2");
    Remove("net2");
    EXPECT_EQ(StateOf("eth0"), of_eth0);
  }
  for (const char* name : {"eth0", "net1"}) EXPECT_EQ(Check(name).status, 0) << name;
}

// Its routes are in the way until the agent has deleted it.
TEST_F(SeveralInterfacesTest, ADyingInterfaceHasNoDefaultRoute) {
  Attach("net1");
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
  EXPECT_THAT(Defaults(), HasSubstr("dev net1"));
  Attach("eth0");
  node.Reap();
  EXPECT_THAT(Defaults(), HasSubstr("default via 169.254.1.1 dev eth0"));
  EXPECT_THAT(Defaults(), HasSubstr("default via fe80::a:1 dev eth0"));
  EXPECT_EQ(Check("eth0").status, 0);
}

TEST_F(SeveralInterfacesTest, AnotherPluginsRoutesStay) {
  Netns("c1");
  InPod("c1", "ip link set lo up");
  const std::string other =
      "ip link add other type veth peer name far && ip link set far up && "
      "echo 1 >/proc/sys/net/ipv6/conf/other/addr_gen_mode && ip link set other up && ";
  const auto expect = [&](const std::string& making, const std::vector<std::string>& routes) {
    ASSERT_THAT(InPod("c1", "exec 2>&1; " + other + making), IsEmpty());
    const std::string before = StateOf("other");
    Attach("eth0");
    EXPECT_EQ(StateOf("other"), before);
    std::vector<std::string> made;
    for (const auto& route : results["eth0"].routes) made.push_back(route.destination.ToString());
    EXPECT_EQ(made, routes) << making;
    EXPECT_EQ(Check("eth0").status, 0);
    Remove("eth0");
    EXPECT_EQ(StateOf("other"), before);
    InPod("c1", "ip link del other");
  };
  expect("ip route add default via 10.7.0.1 dev other onlink", {"::/0"});
  expect("ip route add default dev other metric 4000", {"::/0"});
  expect("ip -6 route add default via fe80::1 dev other metric 4000", {"0.0.0.0/0"});
  expect("ip route add default dev other; ip -6 route add default dev other", {});
  expect(
      "ip route add default nexthop via 10.7.0.1 dev other onlink "
      "nexthop via 10.7.0.2 dev other onlink",
      {"::/0"});
  expect("ip route add 10.0.0.0/8 dev other", {"0.0.0.0/0", "::/0"});
  conf["ipam"] = {
      {"type", "static"},
      {"addresses", boost::json::array{{{"address", "10.9.0.5/32"}}}},
      {"routes", boost::json::parse(R"([{"dst":"10.8.0.0/16"},{"dst":"10.7.0.0/16"}])")}};
  expect("ip route add 10.8.0.0/16 dev other metric 50", {"0.0.0.0/0", "10.7.0.0/16"});
}

TEST_F(SeveralInterfacesTest, CheckLooksAtTheRoutesOfItsOwnInterface) {
  Attach("eth0");
  Attach("net1");
  InPod("c1", "ip route replace default via 169.254.1.1 dev net1 onlink");
  const Failure failure = FailureOf(Check("eth0"));
  EXPECT_EQ(failure.code, 101);
  EXPECT_THAT(failure.message, HasSubstr("interface eth0 has lost its route to 0.0.0.0/0"));
  EXPECT_EQ(Check("net1").status, 0);
}

// As Multus does it for the annotation's "default-route": without "onlink".
TEST_F(SeveralInterfacesTest, TheDefaultRouteCanBeGivenToAnother) {
  Attach("eth0");
  for (const char* name : {"net1", "net2"}) Attach(name);
  EXPECT_THAT(InPod("c1",
                    "ip route del default dev eth0; ip -6 route del default dev eth0; "
                    "ip route add default via 169.254.1.1 dev net2 2>&1; "
                    "ip -6 route add default via fe80::a:1 dev net2 2>&1"),
              IsEmpty());
  EXPECT_THAT(InPod("c1", "ip route get 10.200.0.1"),
              HasSubstr("via 169.254.1.1 dev net2 src " + results["net2"].ips[0].ip.ToString()));
  for (const char* name : {"net1", "net2"}) EXPECT_EQ(Check(name).status, 0) << name;
}

// Multus: the cluster's network by its conflist, the others by their NetworkAttachmentDefinitions;
// taken away in the reverse order.
class MultusTest : public SeveralInterfacesTest {
 protected:
  MultusTest() {
    networks["eth0"] = {"k-vswitch", {conf, Plugin("portmap")}, ""};
    networks["net1"] = {"k-vswitch-net1", {conf, Plugin("sbr")}, ""};
  }

  static boost::json::object Plugin(const std::string& type) { return {{"type", type}}; }

  void Call(const std::string& command, const std::string& name) {
    Network& network = networks.at(name);
    ifname = name;
    conf["name"] = network.name;
    const Ended ended = InvokeChain(command, "c1", network.plugins, network.result);
    EXPECT_EQ(ended.status, 0) << command << " " << name << ": " << ended.output;
  }

  struct Network {
    std::string name;
    std::vector<boost::json::object> plugins;
    std::string result;
  };
  std::map<std::string, Network> networks;
};

TEST_F(MultusTest, AttachesAndDetachesInItsOrder) {
  for (const auto& order : {std::vector<std::string>{"net1", "eth0"}, {"eth0", "net1"}}) {
    Call("ADD", "eth0");
    const std::string of_eth0 = StateOf("eth0"), defaults = Defaults();
    Call("ADD", "net1");
    EXPECT_EQ(Defaults(), defaults);
    for (const char* name : {"eth0", "net1"}) Call("CHECK", name);
    // Each address has a way of its own: the switch drops it elsewhere.
    for (const auto& [name, network] : networks) {
      const auto result = CniResult::Decode(network.result);
      ASSERT_TRUE(result);
      for (const auto& ip : result->ips)
        EXPECT_THAT(
            InPod("c1", "ip route get " + std::string(ip.ip.is4() ? "10.1.2.3" : "fd00::3") +
                            " from " + ip.ip.ToString()),
            HasSubstr("dev " + name));
    }
    Call("DEL", order[0]);
    node.Reap();
    if (order[0] == "net1") {
      EXPECT_EQ(StateOf("eth0"), of_eth0);
    } else {
      EXPECT_THAT(InPod("c1", "ip addr"), HasSubstr("net1"));
    }
    Call("CHECK", order[1]);
    Call("DEL", order[1]);
    node.Reap();
    ExpectNothing();
    EXPECT_THAT(InPod("c1", "ip route; ip -6 route"), IsEmpty());
    for (auto& [name, network] : networks) network.result.clear();
  }
}

// The runtime knows of eth0 alone.
TEST_F(MultusTest, GcOfTheClustersNetworkLeavesTheOthers) {
  Call("ADD", "eth0");
  Call("ADD", "net1");
  conf["name"] = "k-vswitch";
  conf["cniVersion"] = "1.1.0";
  conf["cni.dev/valid-attachments"] =
      boost::json::parse(R"([{"containerID":"c1","ifname":"eth0"}])");
  EXPECT_EQ(Invoke("GC", "").status, 0);
  EXPECT_THAT(node.Ports(), SizeIs(2));
  EXPECT_THAT(node.Links(27), SizeIs(2));
}

}  // namespace
}  // namespace kvs::cni
