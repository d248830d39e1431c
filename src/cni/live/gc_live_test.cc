// GC takes what is of its own network and of no valid attachment, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cni/live/live_fixture.h"

namespace kvs::cni {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class GcLiveTest : public ::testing::Test, public LiveFixture {};

TEST_F(GcLiveTest, GcKeepsWhatIsValid) {
  node.StartAgent();
  for (const char* pod : {"c1", "c2", "c3"}) ASSERT_TRUE(Add(pod));
  conf["name"] = "other";
  ASSERT_TRUE(Add("c4"));  // of another network
  conf["name"] = "k-vswitch";
  conf["cni.dev/valid-attachments"] =
      boost::json::parse(R"([{"containerID":"c2","ifname":"eth0"}])");
  const Ended ended = Invoke("GC", "");
  EXPECT_EQ(ended.status, 0) << ended.output;
  std::set<std::string> left;
  for (const auto& [name, ids] : node.Ports()) left.insert(ids.at("kvs.container"));
  EXPECT_THAT(left, ElementsAre("c2", "c4"));
  EXPECT_THAT(node.Links(27), SizeIs(2));
  EXPECT_THAT(node.Links(28), SizeIs(2));
}

// Links are all there is to tell whose a pod is, until the agent has made the ports again.
TEST_F(GcLiveTest, GcOfWhatOvsdbHasLostIsOfItsNetworkAlone) {
  node.StartAgent();
  ASSERT_TRUE(Add("c1"));
  ASSERT_TRUE(Add("c2"));
  pod_name = std::string(253, 'p');
  ASSERT_TRUE(Add("c3"));
  const auto ports = node.Ports();
  for (const auto& [name, ids] : ports) {
    if (ids.at("kvs.container") == "c2") {  // as an earlier build has made it
      const std::string alias = netlink::FindLink(node.host(), name)->alias;
      const std::string earlier = alias.substr(0, alias.find(" net="));
      ASSERT_TRUE(node.host().Do(netlink::SetLink(name, {.alias = earlier})));
    }
    node.LosePort(name);
  }
  conf["cni.dev/valid-attachments"] = boost::json::array();
  conf["name"] = "other";
  EXPECT_EQ(Invoke("GC", "").status, 0);
  EXPECT_THAT(node.Links(27), SizeIs(3));
  conf["name"] = "k-vswitch";
  EXPECT_EQ(Invoke("GC", "").status, 0);
  ASSERT_THAT(node.Links(27), SizeIs(1));
  EXPECT_EQ(ports.at(node.Links(27)[0]).at("kvs.container"), "c2") << "its network is not known";
}

TEST_F(GcLiveTest, GcTakesPortsThatWereMadeAgain) {
  node.StartAgent();
  ASSERT_TRUE(Add("c1"));
  pod_name = std::string(253, 'p');
  ASSERT_TRUE(Add("c2"));
  for (const auto& [name, ids] : node.Ports()) {
    node.LosePort(name);
    node.RestorePort(name);
  }
  conf["cni.dev/valid-attachments"] = boost::json::array();
  conf["name"] = "other";
  EXPECT_EQ(Invoke("GC", "").status, 0);
  EXPECT_THAT(node.Ports(), SizeIs(2));
  EXPECT_THAT(node.Links(27), SizeIs(2));
  conf["name"] = "k-vswitch";
  EXPECT_EQ(Invoke("GC", "").status, 0);
  ExpectNothing();
}

}  // namespace
}  // namespace kvs::cni
