#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "cni/live/live_fixture.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LiveTest : public ::testing::Test, public LiveFixture {};

TEST_F(LiveTest, AddConnectsAPod) {
  node.StartAgent();
  const auto result = Add("c1");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_THAT(result->ips, SizeIs(2));
  const auto ports = node.Ports();
  ASSERT_THAT(ports, SizeIs(1));
  const auto& [name, ids] = *ports.begin();
  EXPECT_EQ(result->interfaces[0].name, name);
  EXPECT_EQ(result->interfaces[1].sandbox, Netns("c1"));
  EXPECT_EQ(ids.at("kvs.container"), "c1");
  EXPECT_EQ(ids.at("kvs.pod"), "ns/c1");
  EXPECT_EQ(ids.at("kvs.network"), "k-vswitch");
  const auto link = netlink::FindLink(node.host(), name);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->group, 27u);
  EXPECT_EQ(ovsdb::Attachment::FromAlias(link->alias)->pod, (NamespacedName{"ns", "c1"}));
  const std::string ip = result->ips[0].ip.ToString();
  EXPECT_THAT(InPod("c1", "ip -4 addr show eth0"), HasSubstr("inet " + ip + "/32"));
  EXPECT_THAT(InPod("c1", "ip route"), HasSubstr("default via 169.254.1.1 dev eth0"));
  EXPECT_THAT(InPod("c1", "ip -6 route"), HasSubstr("default via fe80::a:1 dev eth0"));
  EXPECT_THAT(InPod("c1", "ip neigh"), HasSubstr("169.254.1.1 dev eth0 lladdr 0a:58:a9:fe:01:01"));
  EXPECT_THAT(InPod("c1", "ip link show eth0"), HasSubstr("mtu 1450"));
  EXPECT_THAT(InPod("c1", "ethtool -k eth0"), HasSubstr("tx-checksumming: off"));
  EXPECT_EQ(Invoke("CHECK", "c1", *result).status, 0);
}

TEST_F(LiveTest, TheLinkKnowsThePodOfTheLongestName) {
  node.StartAgent();
  pod_name = std::string(253, 'p');
  ASSERT_TRUE(Add("c1"));
  const auto link = netlink::FindLink(node.host(), node.Ports().begin()->first);
  ASSERT_TRUE(link);
  const auto alias = ovsdb::Attachment::WholeAlias(link->alias, link->name, link->alt_names);
  EXPECT_EQ(ovsdb::Attachment::FromAlias(alias)->pod, (NamespacedName{"ns", pod_name}));
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
}

TEST_F(LiveTest, DelLeavesTheLinkToTheAgent) {
  node.StartAgent();
  ASSERT_TRUE(Add("c1"));
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
  EXPECT_THAT(node.Ports(), IsEmpty());
  EXPECT_THAT(node.Links(27), IsEmpty());
  EXPECT_THAT(node.Links(28), SizeIs(1));
  // The same pod again, though its old interface is still there.
  EXPECT_TRUE(Add("c1"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Invoke("DEL", "c1").status, 0);
}

TEST_F(LiveTest, DelWorksWhateverIsGone) {
  node.StartAgent();
  ASSERT_TRUE(Add("no-netns"));
  ASSERT_TRUE(netlink::Namespace::Delete("no-netns"));
  EXPECT_EQ(Invoke("DEL", "no-netns").status, 0);
  EXPECT_THAT(node.Ports(), IsEmpty());
  node.Reap();

  ASSERT_TRUE(Add("no-row"));
  node.LosePort(node.Ports().begin()->first);
  EXPECT_EQ(Invoke("DEL", "no-row").status, 0);
  EXPECT_THAT(node.Links(27), IsEmpty());
  node.Reap();

  ASSERT_TRUE(Add("no-link"));
  ASSERT_TRUE(node.host().Do(netlink::DeleteLink(node.Links(27).front())));
  EXPECT_EQ(Invoke("DEL", "no-link").status, 0);
  EXPECT_THAT(node.Ports(), IsEmpty());

  ASSERT_TRUE(Add("no-agent"));
  node.SetAgentReady(false);
  EXPECT_EQ(Invoke("DEL", "no-agent").status, 0);
  EXPECT_THAT(node.Links(27), IsEmpty());
  EXPECT_THAT(node.Links(28), IsEmpty());  // nobody would delete it
  node.SetAgentReady(true);

  ASSERT_TRUE(Add("no-database"));
  node.StopAgent();
  node.StopDatabase();
  EXPECT_EQ(Invoke("DEL", "no-database").status, 0);
  EXPECT_EQ(Invoke("DEL", "never-there").status, 0);
  EXPECT_THAT(node.Links(27), IsEmpty());
  EXPECT_THAT(node.Links(28), IsEmpty());
}

TEST_F(LiveTest, AddTwiceIsRefused) {
  node.StartAgent();
  ASSERT_TRUE(Add("c1"));
  const auto again = Add("c1");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, 100);
  EXPECT_THAT(again.error().message, HasSubstr("pod ns/c1 already has interface eth0"));
  EXPECT_THAT(node.Ports(), SizeIs(1));
  EXPECT_THAT(node.Links(27), SizeIs(1));
  // A second interface of the pod is another attachment.
  ifname = "net1";
  EXPECT_TRUE(Add("c1"));
}

TEST_F(LiveTest, AnInterfaceOfAnotherIsNotTouched) {
  node.StartAgent();
  Netns("c1");
  InPod("c1", "ip link add eth0 type veth peer name other");
  const auto result = Add("c1");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, 100);
  EXPECT_THAT(result.error().message, HasSubstr("CNI_IFNAME: eth0 exists already"));
  EXPECT_THAT(InPod("c1", "ip link"), HasSubstr("eth0"));
  ExpectNothing();
}

TEST_F(LiveTest, UndoesAllWhenTheAgentIsSilent) {
  conf["timeout"] = 2;
  const auto start = std::chrono::steady_clock::now();
  const auto result = Add("c1");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s) << "10 s by default, 2 of ours";
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, 11);
  EXPECT_THAT(result.error().message, HasSubstr("has not confirmed the flows of port kv"));
  EXPECT_THAT(result.error().message, HasSubstr("pod ns/c1"));
  ExpectNothing();
}

TEST_F(LiveTest, TellsWhenItIsTheSwitchThatIsSilent) {
  node.StartAgent("", true);
  node.StopSwitch();
  conf["timeout"] = 2;
  const auto result = Add("c1");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, 11);
  EXPECT_THAT(result.error().message, HasSubstr("ovs-vswitchd has not assigned a port number"));
  ExpectNothing();
}

TEST_F(LiveTest, UndoesAllWhenTheAgentRefuses) {
  node.StartAgent("the range is another node's");
  const auto result = Add("c1");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, 11);
  EXPECT_THAT(result.error().message, HasSubstr("the range is another node's"));
  ExpectNothing();
}

TEST_F(LiveTest, SaysWhatIsNotReady) {
  node.SetAgentReady(false);
  EXPECT_EQ(Add("c1").error().code, 11);
  EXPECT_THAT(Add("c1").error().message,
              HasSubstr("the k-vswitchd agent isn't running or ready on this node"));
  EXPECT_EQ(FailureOf(Invoke("STATUS", "")).code, 50);
  conf["bridge"] = "other0";
  EXPECT_THAT(Add("c1").error().message, HasSubstr("bridge other0 is not in Open vSwitch"));
  EXPECT_EQ(FailureOf(Invoke("STATUS", "")).code, 51);
  conf["ovsdb"] = "/nowhere/db.sock";
  EXPECT_EQ(Add("c1").error().code, 11);
  EXPECT_THAT(Add("c1").error().message, HasSubstr("/nowhere/db.sock"));
  EXPECT_EQ(FailureOf(Invoke("STATUS", "")).code, 51);
  ExpectNothing();
}

TEST_F(LiveTest, RefusesBadNamespaces) {
  netns = "/nowhere";
  EXPECT_EQ(Add("c1").error().code, 4);
  EXPECT_THAT(Add("c1").error().message, HasSubstr("CNI_NETNS: open network namespace /nowhere"));
  netns = "/proc/self/ns/mnt";
  EXPECT_THAT(Add("c1").error().message, HasSubstr("is not a network namespace"));
  netns = "/proc/self/ns/net";
  EXPECT_THAT(Add("c1").error().message, HasSubstr("is the node's own namespace"));
  ExpectNothing();
}

TEST_F(LiveTest, HundredAtOnceGetHundredAddresses) {
  node.StartAgent();
  constexpr int kPods = 100, kAtOnce = 10;
  for (int i = 0; i < kPods; ++i) Netns("p" + std::to_string(i));
  std::atomic<int> next = 0;
  std::vector<std::thread> workers;
  std::mutex lock;
  std::set<std::string> addresses;
  for (int i = 0; i < kAtOnce; ++i)
    workers.emplace_back([&] {
      for (int pod; (pod = next++) < kPods;) {
        const auto result = Add("p" + std::to_string(pod));
        const std::scoped_lock locked(lock);
        EXPECT_TRUE(result) << result.error().message;
        if (!result) continue;
        for (const auto& ip : result->ips)
          EXPECT_TRUE(addresses.insert(ip.ip.ToString()).second) << ip.ip.ToString();
      }
    });
  for (std::thread& worker : workers) worker.join();
  EXPECT_THAT(addresses, SizeIs(2 * kPods));
  EXPECT_THAT(node.Ports(), SizeIs(kPods));
}

TEST_F(LiveTest, OneOfManyAtOnceIsTheAttachment) {
  node.StartAgent();
  for (int round = 0; round < 10; ++round) {
    const std::string pod = "p" + std::to_string(round);
    Netns(pod);
    std::atomic<int> added = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < 6; ++i)
      workers.emplace_back([&] {
        const auto result = Add(pod);
        if (result)
          ++added;
        else
          EXPECT_EQ(result.error().code, 100) << result.error().message;
      });
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(added, 1);
    EXPECT_EQ(node.Ports().size(), size_t(round + 1));
    EXPECT_THAT(InPod(pod, "ip addr show eth0"), HasSubstr("inet 10.1.1."));
  }
}

TEST_F(LiveTest, AnAttachmentIsOnceInTheDatabase) {
  node.StartAgent();
  Netns("c1");
  const Variables ours = VariablesFor("ADD", "c1");
  const std::string text = boost::json::serialize(conf);
  conf["runtimeConfig"] = boost::json::parse(R"({"ips":["10.1.1.77"]})");
  netns = node.MakePod("elsewhere");
  const Plugin plugin([&](std::string_view step) {
    if (step != "link made") return;
    EXPECT_EQ(Invoke("ADD", "c1").status, 0);
  });
  const Answer answer = plugin.Run(
      [&](const char* name) {
        const auto at = ours.find(name);
        return at == ours.end() ? nullptr : at->second.c_str();
      },
      text);
  EXPECT_EQ(answer.exit_status, 1);
  EXPECT_THAT(answer.output, HasSubstr("pod ns/c1 got interface eth0 from another ADD"));
  EXPECT_EQ(node.Ports().size(), 1u) << "the other's, which is as it was";
  EXPECT_TRUE(netlink::FindLink(node.host(), "kv4d"));
}

TEST_F(LiveTest, RequestedAddressAndMac) {
  node.StartAgent();
  conf["runtimeConfig"] =
      boost::json::parse(R"({"ips":["10.1.1.77/24"],"mac":"0a:00:00:00:00:77"})");
  const auto result = Add("c1");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->ips[0].ip.ToString(), "10.1.1.77");
  EXPECT_EQ(result->ips[1].ip.ToString(), "fd00:10:1:1::4d");
  EXPECT_EQ(result->interfaces[1].mac, "0a:00:00:00:00:77");
  EXPECT_THAT(InPod("c1", "ip link show eth0"), HasSubstr("0a:00:00:00:00:77"));
  const auto second = Add("c2");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, 102);
  EXPECT_THAT(second.error().message, HasSubstr("belongs to another pod, at port kv4d"));
  // At once after the first has gone, though its link is still there.
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
  EXPECT_TRUE(Add("c2"));
}

TEST_F(LiveTest, CheckNamesTheFirstDifference) {
  node.StartAgent();
  const auto result = Add("c1");
  ASSERT_TRUE(result);
  const auto difference = [&](const std::string& breaking, const std::string& mending) {
    InPod("c1", breaking);
    const Failure failure = FailureOf(Invoke("CHECK", "c1", *result));
    EXPECT_EQ(failure.code, 101);
    InPod("c1", mending);
    EXPECT_EQ(Invoke("CHECK", "c1", *result).status, 0);
    return failure.message;
  };
  const std::string ip = result->ips[0].ip.ToString();
  EXPECT_THAT(difference("ip addr del " + ip + "/32 dev eth0",
                         "ip addr add " + ip +
                             "/32 dev eth0 && "
                             "ip route replace default via 169.254.1.1 dev eth0 onlink"),
              HasSubstr("eth0 has lost its address " + ip + "/32"));
  EXPECT_THAT(
      difference("ip route del default", "ip route add default via 169.254.1.1 dev eth0 onlink"),
      HasSubstr("has lost its route to 0.0.0.0/0"));
  EXPECT_THAT(difference("ip link set eth0 address 0a:00:00:00:00:01",
                         "ip link set eth0 address " + result->interfaces[1].mac),
              HasSubstr("eth0 has the address 0a:00:00:00:00:01 instead of"));
  const std::string port = result->interfaces[0].name;
  ASSERT_TRUE(node.host().Do(netlink::SetLink(port, {.up = false})));
  EXPECT_THAT(FailureOf(Invoke("CHECK", "c1", *result)).message, HasSubstr(port + " is down"));
  ASSERT_TRUE(node.host().Do(netlink::SetLink(port, {.up = true})));
  node.LosePort(port);
  EXPECT_THAT(FailureOf(Invoke("CHECK", "c1", *result)).message,
              HasSubstr("pod ns/c1 has no port on bridge k-vswitch0"));
}

TEST_F(LiveTest, DelTakesWhatAddRefuses) {
  node.StartAgent();
  for (const char* pod : {"c1", "c2"}) ASSERT_TRUE(Add(pod));
  conf["mtu"] = "large";
  conf["ipam"] = {{"type", "uninstalled"}};
  EXPECT_FALSE(Add("c3"));
  EXPECT_EQ(Invoke("DEL", "c3").status, 0);
  conf["cniVersion"] = "1.2.0";
  conf["cni.dev/valid-attachments"] = "junk";
  EXPECT_EQ(Invoke("DEL", "c1").status, 0);
  EXPECT_THAT(node.Ports(), SizeIs(1));
  conf["cniVersion"] = "1.1.0";
  conf["cni.dev/valid-attachments"] = nullptr;  // none
  const Ended ended = Invoke("GC", "");
  EXPECT_EQ(ended.status, 0) << ended.output;
  ExpectNothing();
}

TEST_F(LiveTest, AnswersInEveryVersion) {
  node.StartAgent();
  for (const std::string version : {"0.3.1", "0.4.0", "1.0.0", "1.1.0"}) {
    conf["cniVersion"] = version;
    const auto result = Add("c-" + version);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(Invoke("CHECK", "c-" + version, *result).status, version == "0.3.1" ? 1 : 0);
    EXPECT_EQ(Invoke("DEL", "c-" + version, *result).status, 0);
    EXPECT_EQ(Invoke("STATUS", "").status, version == "1.1.0" ? 0 : 1);
  }
  EXPECT_THAT(Invoke("VERSION", "").output, HasSubstr(R"("supportedVersions":["0.3.1",)"));
}

TEST(SmallRangeTest, SaysThatItIsUsedUp) {
  LiveFixture ground("10.1.1.0/29");
  ground.node.StartAgent();
  for (const char* pod : {"c1", "c2", "c3", "c4"}) ASSERT_TRUE(ground.Add(pod)) << pod;
  const auto fifth = ground.Add("c5");
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().code, 11);
  EXPECT_THAT(fifth.error().message,
              HasSubstr("no address is free in this node's pod range 10.1.1.0/29: 4 are in use"));
  // Only an address whose link is still waiting for the agent is left: it will do.
  EXPECT_EQ(ground.Invoke("DEL", "c2").status, 0);
  EXPECT_TRUE(ground.Add("c5"));
}

}  // namespace
}  // namespace kvs::cni

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!::testing::GTEST_FLAG(list_tests)) kvs::cni::EnterNode();
  return RUN_ALL_TESTS();
}
