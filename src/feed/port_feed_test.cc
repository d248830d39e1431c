#include "feed/port_feed.h"

#include <gtest/gtest.h>

#include "feed/self.h"
#include "ovsdb/attachment.h"

namespace kvs::feed {
namespace {

ovsdb::Interface Attached(const std::string& name, std::optional<int64_t> ofport,
                          std::optional<int64_t> request) {
  ovsdb::Interface interface { .name = name };
  interface.ofport = ofport;
  interface.ofport_request = request;
  interface.external_ids =
      ovsdb::Attachment{.container = "c",
                        .ifname = "eth0",
                        .netns = "/run/netns/x",
                        .pod = "default/web",
                        .ips = {*Ip::Parse("10.244.1.3"), *Ip::Parse("fd00::3")},
                        .mac = *Mac::Parse("0a:58:0a:f4:01:03")}
          .ToExternalIds();
  return interface;
}

ovsdb::Change New(const ovsdb::Interface& interface) {
  ovsdb::Change change;
  change.interfaces.push_back({std::nullopt, &interface});
  return change;
}

TEST(PortFeed, APortBecomesAFact) {
  world::World world;
  PortFeed feed(world);
  const auto interface = Attached("kv3", {}, 19);
  feed.Apply(New(interface));
  const world::Port* port = world.ports.Find("kv3");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ofport, 19u) << "before the switch has numbered it, the number asked for";
  EXPECT_EQ(port->pod, "default/web");
  EXPECT_EQ(port->ips.size(), 2u);

  const auto numbered = Attached("kv3", 7, 19);
  ovsdb::Change change;
  change.interfaces.push_back({interface, &numbered});
  feed.Apply(change);
  EXPECT_EQ(world.ports.Find("kv3")->ofport, 7u) << "the number that the switch chose wins";

  ovsdb::Change gone;
  gone.interfaces.push_back({numbered, nullptr});
  feed.Apply(gone);
  EXPECT_EQ(world.ports.Find("kv3"), nullptr);
}

TEST(PortFeed, AFailedPortKeepsTheNumberAskedFor) {
  world::World world;
  PortFeed feed(world);
  const auto interface = Attached("kv3", -1, 19);
  feed.Apply(New(interface));
  EXPECT_EQ(world.ports.Find("kv3")->ofport, 19u);
}

TEST(PortFeed, AnAttachmentThatBreaksKeepsItsLastGoodState) {
  world::World world;
  PortFeed feed(world);
  const auto good = Attached("kv3", 19, 19);
  feed.Apply(New(good));
  auto bad = good;
  bad.external_ids["kvs.ips"] = "10.244.1";
  ovsdb::Change change;
  change.interfaces.push_back({good, &bad});
  feed.Apply(change);
  ASSERT_NE(world.ports.Find("kv3"), nullptr);
  EXPECT_EQ(world.ports.Find("kv3")->ips.size(), 2u);
  ASSERT_EQ(feed.problems().size(), 1u);
  EXPECT_NE(feed.problems().begin()->second.message.find("kvs.ips"), std::string::npos);
}

TEST(PortFeed, OtherPortsAreNoneOfOurs) {
  world::World world;
  PortFeed feed(world);
  const ovsdb::Interface other{.name = "eth1"};
  feed.Apply(New(other));
  EXPECT_EQ(world.ports.size(), 0u);
}

// Bytes on the wire per packet: outer IP + UDP or GRE + header + inner Ethernet.
TEST(Overhead, IsWhatTheTunnelAdds) {
  EXPECT_EQ(OverheadOf(world::Overlay::kNone, false), 0);
  EXPECT_EQ(OverheadOf(world::Overlay::kVxlan, false), 50);
  EXPECT_EQ(OverheadOf(world::Overlay::kGeneve, true), 70);
  EXPECT_EQ(OverheadOf(world::Overlay::kGre, false), 42);
  EXPECT_EQ(OverheadOf(world::Overlay::kGre, true), 62);
}

}  // namespace
}  // namespace kvs::feed
