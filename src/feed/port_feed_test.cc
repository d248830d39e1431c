#include "feed/port_feed.h"

#include <gtest/gtest.h>

#include "feed/underlay.h"
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
                        .pod = {"default", "web"},
                        .network = "k-vswitch",
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

std::string NoAlias(const std::string&) { return ""; }
std::string Nothing(const ovsdb::Interface&) { return ""; }

TEST(PortFeed, ANewPortIsNoFactUntilItIsAdmitted) {
  world::World world;
  PortFeed feed(world, NoAlias);
  const auto interface = Attached("kv3", {}, 19);
  feed.Apply(New(interface));
  EXPECT_EQ(world.ports.Find("kv3"), nullptr);
  feed.Admit([](const ovsdb::Interface&) { return "10.244.1.3 is the API server's"; });
  EXPECT_EQ(world.ports.Find("kv3"), nullptr);
  feed.Admit(Nothing);
  EXPECT_NE(world.ports.Find("kv3"), nullptr) << "asked again";

  auto realized = Attached("kv4", {}, 20);
  realized.external_ids["kvs.realized"] = "7";
  feed.Apply(New(realized));
  EXPECT_NE(world.ports.Find("kv4"), nullptr) << "what is known stays";
  auto remade = Attached("kv5", {}, 21);
  remade.external_ids.erase("kvs.netns");
  feed.Apply(New(remade));
  EXPECT_NE(world.ports.Find("kv5"), nullptr) << "its pod lives on";

  const auto gone = Attached("kv6", {}, 22);
  feed.Apply(New(gone));
  ovsdb::Change change;
  change.interfaces.push_back({gone, nullptr});
  feed.Apply(change);
  feed.Admit(Nothing);
  EXPECT_EQ(world.ports.Find("kv6"), nullptr);
}

TEST(PortFeed, APortBecomesAFact) {
  world::World world;
  PortFeed feed(world, NoAlias);
  const auto interface = Attached("kv3", {}, 19);
  feed.Apply(New(interface));
  feed.Admit(Nothing);
  const world::Port* port = world.ports.Find("kv3");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ofport, 19u) << "before the switch has numbered it, the number asked for";
  EXPECT_EQ(port->pod, (NamespacedName{"default", "web"}));
  EXPECT_EQ(port->ips.size(), 2u);
  EXPECT_TRUE(port->alias.ends_with(" default/web net=k-vswitch"))
      << "so that a link of an earlier build gets its network";

  const auto numbered = Attached("kv3", 7, 19);
  ovsdb::Change change;
  change.interfaces.push_back({interface, &numbered});
  feed.Apply(change);
  feed.Admit(Nothing);
  EXPECT_EQ(world.ports.Find("kv3")->ofport, 7u) << "the number that the switch chose wins";

  ovsdb::Change gone;
  gone.interfaces.push_back({numbered, nullptr});
  feed.Apply(gone);
  feed.Admit(Nothing);
  EXPECT_EQ(world.ports.Find("kv3"), nullptr);
}

TEST(PortFeed, AFailedPortKeepsTheNumberAskedFor) {
  world::World world;
  PortFeed feed(world, NoAlias);
  const auto interface = Attached("kv3", -1, 19);
  feed.Apply(New(interface));
  feed.Admit(Nothing);
  EXPECT_EQ(world.ports.Find("kv3")->ofport, 19u);
}

TEST(PortFeed, AnAttachmentThatBreaksKeepsItsLastGoodState) {
  world::World world;
  PortFeed feed(world, NoAlias);
  const auto good = Attached("kv3", 19, 19);
  feed.Apply(New(good));
  feed.Admit(Nothing);
  auto bad = good;
  bad.external_ids["kvs.ips"] = "10.244.1";
  ovsdb::Change change;
  change.interfaces.push_back({good, &bad});
  feed.Apply(change);
  feed.Admit(Nothing);
  ASSERT_NE(world.ports.Find("kv3"), nullptr);
  EXPECT_EQ(world.ports.Find("kv3")->ips.size(), 2u);
  ASSERT_EQ(feed.problems().size(), 1u);
  EXPECT_NE(feed.problems().begin()->second.message.find("kvs.ips"), std::string::npos);
}

// The other copy is the truth: nobody edits it by mistake.
TEST(PortFeed, WhatTheLinkSaysIsBelieved) {
  const auto good = Attached("kv3", 19, 19);
  const std::string alias = *ovsdb::Attachment::FromExternalIds(good.external_ids)->ToAlias();
  for (const auto& [key, value] : {std::pair("kvs.ips", "10.244.1.99"),
                                   {"kvs.ips", ""},
                                   {"kvs.ips", "10.244.1"},
                                   {"attached-mac", "02:00:00:00:00:01"}}) {
    SCOPED_TRACE(value);
    world::World world;
    PortFeed feed(world, [&](const std::string& name) { return name == "kv3" ? alias : ""; });
    auto bad = good;
    bad.external_ids["kvs.realized"] = "7";
    bad.external_ids[key] = value;
    feed.Apply(New(bad));
    const world::Port* port = world.ports.Find("kv3");
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(Join(port->ips), "10.244.1.3,fd00::3");
    EXPECT_EQ(port->mac, *Mac::Parse("0a:58:0a:f4:01:03"));
    EXPECT_EQ(port->alias, alias);
    ASSERT_EQ(feed.problems().size(), 1u);
    EXPECT_NE(feed.problems().begin()->second.message.find(
                  "ovs-vsctl set interface kv3 'external_ids:kvs.ips=\"10.244.1.3,fd00::3\"'"),
              std::string::npos);

    auto another = good;
    another.external_ids["kvs.realized"] = "7";
    another.external_ids["kvs.container"] = "d";
    another.external_ids[key] = value;
    PortFeed(world, [&](const std::string&) { return alias; }).Apply(New(another));
    EXPECT_TRUE(feed.problems().size() == 1) << "the link may be of whoever had the port before";
  }
}

TEST(PortFeed, OtherPortsAreNoneOfOurs) {
  world::World world;
  PortFeed feed(world, NoAlias);
  const ovsdb::Interface other{.name = "eth1"};
  feed.Apply(New(other));
  feed.Admit(Nothing);
  EXPECT_EQ(world.ports.size(), 0u);
}

// Bytes on the wire per packet: outer IP + UDP or GRE + header + inner Ethernet.
TEST(Overhead, IsWhatTheTunnelAdds) {
  EXPECT_EQ(OverheadOf(world::Overlay::kNone, Family::kIpv4), 0);
  EXPECT_EQ(OverheadOf(world::Overlay::kVxlan, Family::kIpv4), 50);
  EXPECT_EQ(OverheadOf(world::Overlay::kGeneve, Family::kIpv6), 70);
  EXPECT_EQ(OverheadOf(world::Overlay::kGre, Family::kIpv4), 42);
  EXPECT_EQ(OverheadOf(world::Overlay::kGre, Family::kIpv6), 62);
}

}  // namespace
}  // namespace kvs::feed
