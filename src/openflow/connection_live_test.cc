#include "openflow/connection_live_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::openflow {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST_F(ConnectionLiveTest, WhatIsAddedIsDumpedTheSame) {
  Connect();
  EXPECT_NE(connection_->datapath_id(), 0u);
  const auto changes = Puts(10000);
  const ApplyResult result = Apply(changes);
  ASSERT_TRUE(result.ok()) << result.error->message;
  EXPECT_EQ(result.committed, 10000u);
  const auto flows = Flows();
  ASSERT_EQ(flows.size(), 10000u);
  size_t same = 0;
  for (const InstalledFlow& flow : flows) {
    EXPECT_FALSE(flow.foreign);
    if (flow.flow == std::get<PutFlow>(changes[flow.flow.cookie]).flow) ++same;
  }
  EXPECT_EQ(same, 10000u);

  std::vector<Change> erases;
  for (const InstalledFlow& flow : flows) erases.push_back(EraseFlow{flow.flow.key});
  EXPECT_TRUE(Apply(erases).ok());
  EXPECT_TRUE(Flows().empty());
}

TEST_F(ConnectionLiveTest, ABadFlowStopsItsBundleAndIsNamed) {
  Connect();
  auto changes = Puts(3000);
  changes.insert(changes.begin() + 1500,
                 PutFlow{ParseFlow("table=1,priority=7,tcp actions=group:99")});  // at the commit
  ApplyResult result = Apply(changes);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error->message,
              HasSubstr("priority=7,tcp actions=group:99: OFPBAC_BAD_OUT_G"));
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].change, 1500u);
  EXPECT_EQ(result.committed, 0u);
  EXPECT_TRUE(Flows().empty());

  PutFlow bad;  // found when it is added
  bad.flow.key.match.Set(flow::Field::kTcpDst, 80);
  changes[1500] = bad;
  changes[2000] = bad;
  result = Apply(changes);
  ASSERT_EQ(result.refused.size(), 2u);
  EXPECT_EQ(result.refused[0].change, 1500u);
  EXPECT_EQ(result.refused[1].change, 2000u);
  EXPECT_THAT(result.error->message, HasSubstr("OFPBMC_BAD_PREREQ"));
  EXPECT_THAT(result.error->message, HasSubstr("and 1 more"));
  EXPECT_TRUE(Flows().empty());

  PutFlow huge;  // found before it is sent
  huge.flow.actions = flow::Actions(10000, flow::Output{1});
  changes[1500] = huge;
  changes[2000] = EraseGroup{5};
  result = Apply(changes);
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_THAT(result.refused[0].reason, HasSubstr("64 KiB"));
  EXPECT_TRUE(Flows().empty());

  changes.erase(changes.begin() + 1500);
  EXPECT_TRUE(Apply(changes).ok());  // the same connection goes on
  EXPECT_EQ(Flows().size(), 2999u);
}

TEST_F(ConnectionLiveTest, SplitBundlesEndAtTheFirstThatIsRefused) {
  Connect();
  auto changes = Puts(1000);
  changes[750] = PutFlow{ParseFlow("table=1,tcp actions=group:99")};
  const ApplyResult result = Apply(changes, 300);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.committed, 600u);
  EXPECT_EQ(Flows().size(), 600u);
  EXPECT_TRUE(Apply(Puts(1000), 300).ok());
  EXPECT_EQ(Flows().size(), 1000u);
  EXPECT_TRUE(Apply({}).ok());
}

TEST_F(ConnectionLiveTest, OperationsKeepTheirOrder) {
  Connect();
  std::string order;
  connection_->CountFlows({}, [&](auto totals) { order += fmt::format("{} ", totals->flows); });
  connection_->Apply(Puts(100), [&](const ApplyResult&) { order += "applied "; });
  connection_->CountFlows({}, [&](auto totals) { order += fmt::format("{} ", totals->flows); });
  connection_->Apply({EraseFlowsByCookie{0x40, ~uint64_t{0x1f}}},
                     [&](const ApplyResult&) { order += "erased "; });
  connection_->CountFlows({.table = 0},
                          [&](auto totals) { order += fmt::format("{} ", totals->flows); });
  connection_->CountFlows({}, [&](auto totals) { order += fmt::format("{} ", totals->flows); });
  bool done = false;
  connection_->Barrier([&](Result<> result) { done = result.has_value(); });
  Run([&] { return done; });
  EXPECT_EQ(order, "0 applied 100 erased 13 68 ");
}

TEST_F(ConnectionLiveTest, Groups) {
  Connect();
  flow::Group group{.group_id = 7, .selection = flow::Group::Selection::kDpHash};
  for (uint32_t i = 0; i < 200; ++i)
    group.buckets.push_back(
        {.id = i, .weight = static_cast<uint16_t>(i + 1), .actions = {flow::Output{i + 1}}});
  flow::Group hash{.group_id = 8,
                   .selection = flow::Group::Selection::kHash,
                   .hash_fields = {flow::Field::kIpv4Src}};
  hash.buckets = {{.id = 3, .actions = {flow::Output{1}}}};
  flow::Group all{.group_id = 9, .type = flow::Group::Type::kAll};
  all.buckets = {{.id = 0, .actions = {flow::Output{1}}}, {.id = 1, .actions = {flow::Output{2}}}};
  // Out of order: the group is there before the flow all the same.
  ApplyResult result = Apply({PutFlow{ParseFlow("table=1,ip actions=group:7")}, PutGroup{group},
                              PutGroup{hash}, PutGroup{all}});
  ASSERT_TRUE(result.ok()) << result.error->message;
  auto groups = Groups();
  ASSERT_EQ(groups.size(), 3u);
  for (const InstalledGroup& found : groups) {
    EXPECT_FALSE(found.foreign);
    EXPECT_EQ(found.group, found.group.group_id == 7   ? group
                           : found.group.group_id == 8 ? hash
                                                       : all);
  }

  group.buckets.erase(group.buckets.begin() + 5);
  group.buckets.push_back({.id = 500, .actions = {flow::Output{5}}});
  ASSERT_TRUE(Apply({EraseBucket{7, 5}, InsertBuckets{7, {group.buckets.back()}}}).ok());
  groups = Groups();
  const auto seven = std::find_if(groups.begin(), groups.end(),
                                  [](const auto& found) { return found.group.group_id == 7; });
  ASSERT_NE(seven, groups.end());
  EXPECT_EQ(seven->group, group);

  result = Apply({EraseBucket{7, 12345}});
  EXPECT_THAT(result.error->message, HasSubstr("OFPGMFC_UNKNOWN_BUCKET"));

  hash.selection = flow::Group::Selection::kDefault;
  hash.hash_fields.clear();
  ASSERT_TRUE(Apply({PutGroup{hash}, EraseGroup{7}, EraseGroup{9},
                     PutFlow{ParseFlow("table=1,ip actions=drop")}})
                  .ok());
  groups = Groups();
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].group, hash);
  EXPECT_EQ(Flows().size(), 1u);
}

TEST_F(ConnectionLiveTest, AGroupLargerThanAMessage) {
  Connect();
  flow::Group group{.group_id = 7};
  for (uint32_t i = 0; i < 5000; ++i)
    group.buckets.push_back({.id = i, .actions = {flow::Output{i + 1}}});
  const ApplyResult result = Apply({PutGroup{group}});
  ASSERT_TRUE(result.ok()) << result.error->message;
  const std::string stats = switch_.Ofctl({"dump-group-stats", switch_.socket(), "group_id=7"});
  EXPECT_THAT(stats, HasSubstr("group_id=7"));
}

TEST_F(ConnectionLiveTest, ForeignFlowsAreSeenAndCanBeErased) {
  Connect();
  switch_.Ofctl(
      {"add-flow", switch_.socket(), "table=3,priority=5,mpls,mpls_label=7 actions=drop"});
  switch_.Ofctl({"add-flow", switch_.socket(), "table=3,priority=6,ip actions=note:01,output:1"});
  auto flows = Flows();
  ASSERT_EQ(flows.size(), 2u);
  std::vector<Change> erases;
  for (const InstalledFlow& flow : flows) {
    EXPECT_TRUE(flow.foreign);
    const flow::FlowKey& key = flow.flow.key;
    if (flow.foreign_match.empty())
      erases.push_back(EraseFlow{key});
    else
      erases.push_back(EraseForeignFlow{key.table, key.priority, flow.foreign_match});
  }
  EXPECT_TRUE(Apply(erases).ok());
  EXPECT_TRUE(Flows().empty());
}

TEST_F(ConnectionLiveTest, OthersChangesAreToldOwnAreNot) {
  Connect({.watch_flows = true});
  ASSERT_TRUE(Apply(Puts(10)).ok());
  const std::string text = "cookie=0x5,table=3,priority=5,ip,reg1=0x3 actions=output:1";
  switch_.Ofctl({"add-flow", switch_.socket(), text});
  switch_.Ofctl({"mod-flows", switch_.socket(), "table=3,ip,reg1=0x3 actions=output:2"});
  switch_.Ofctl({"del-flows", switch_.socket(), "table=3"});
  Run([&] { return events_.size() >= 5; });
  using Kind = FlowEvent::Kind;
  EXPECT_EQ(events_[0].kind, Kind::kAdded);
  EXPECT_EQ(events_[0].flow.flow, ParseFlow(text));
  EXPECT_EQ(events_[1].kind, Kind::kModified);
  EXPECT_EQ(events_[1].flow.flow.actions, flow::Actions{flow::Output{2}});
  EXPECT_EQ(events_[2].kind, Kind::kRemoved);  // that, and two of the ten
  EXPECT_EQ(events_.size(), 5u);
}

TEST_F(ConnectionLiveTest, FlowsThatWereToTellOfTheirEnd) {
  Connect();
  const std::string text = "cookie=0x9,table=2,priority=4,idle_timeout=100,ip";
  switch_.Ofctl({"add-flow", switch_.socket(), text + ",send_flow_rem actions=drop"});
  switch_.Ofctl({"del-flows", switch_.socket(), "table=2"});
  Run([&] { return !removed_.empty(); });
  EXPECT_EQ(removed_[0].flow.flow, ParseFlow(text + " actions=drop"));
  EXPECT_EQ(removed_[0].reason, 2);  // deleted
}

TEST_F(ConnectionLiveTest, ItComesBackAfterAKill) {
  Connect();
  ASSERT_TRUE(Apply(Puts(10)).ok());
  std::vector<std::string> ends;
  connection_->Apply(Puts(20000), [&](const ApplyResult& result) {
    ends.push_back(result.error ? result.error->message : "done");
  });
  connection_->Barrier(
      [&](Result<> result) { ends.push_back(result ? "done" : result.error().message); });
  switch_.KillVswitchd();
  Run([&] { return !downs_.empty(); });
  EXPECT_FALSE(connection_->up());
  ASSERT_EQ(ends.size(), 2u);  // before on_down
  EXPECT_THAT(ends[1], HasSubstr("the connection to the switch was lost"));
  connection_->Barrier(
      [&](Result<> result) { ends.push_back(result ? "done" : result.error().message); });
  EXPECT_EQ(ends.size(), 2u);
  Run([&] { return ends.size() == 3; });
  EXPECT_THAT(ends[2], HasSubstr("not connected"));
  switch_.StartVswitchd();
  Run([&] { return connection_->up(); });
  EXPECT_EQ(ups_, 2);
  EXPECT_TRUE(Flows().empty());
  EXPECT_TRUE(Apply(Puts(10)).ok());
}

TEST_F(ConnectionLiveTest, ASilentPeerIsNoticed) {
  Connect({.probe_interval = std::chrono::milliseconds(100)});
  switch_.StopVswitchd();
  Run([&] { return !downs_.empty(); });
  EXPECT_THAT(downs_[0], HasSubstr("no answer for 300 ms"));
}

TEST_F(ConnectionLiveTest, PacketsInAndOutAndPorts) {
  switch_.Vsctl(
      {"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1"});
  Connect();
  ASSERT_TRUE(
      Apply({PutFlow{ParseFlow("cookie=0x77,table=0,arp "
                               "actions=set_field:5->reg3,controller(userdata=01.02,pause),"
                               "set_field:6->reg3,resubmit(,1)")},
             PutFlow{ParseFlow("cookie=0x78,table=1,reg3=6,arp actions=controller(userdata=09)")}})
          .ok());
  const std::string arp =
      "ffffffffffff0a580a01010508060001080006040001"
      "0a580a0101050a010105000000000000"
      "0a010101";
  switch_.Appctl({"netdev-dummy/receive", "p1", arp});
  Run([&] { return !packets_.empty(); });
  PacketIn packet = packets_[0];
  EXPECT_EQ(packet.userdata, std::string("\1\2"));
  EXPECT_EQ(packet.cookie, 0x77u);
  EXPECT_EQ(packet.packet.size(), 42u);
  EXPECT_EQ(packet.metadata.Find(flow::Field::kReg3)->value.ToInt(), 5u);
  EXPECT_EQ(packet.metadata.Find(flow::Field::kInPort)->value.ToInt(), 1u);
  EXPECT_FALSE(packet.continuation.empty());

  connection_->Resume(packet);
  Run([&] { return packets_.size() == 2; });
  EXPECT_EQ(packets_[1].cookie, 0x78u);
  EXPECT_EQ(packets_[1].userdata, "\t");

  connection_->Send(PacketOut{.actions = {flow::Output{1}}, .packet = packet.packet});
  std::optional<Result<std::vector<Port>>> ports;
  connection_->DumpPorts([&](auto result) { ports = std::move(result); });
  Run([&] { return ports.has_value(); });
  ASSERT_EQ((*ports)->size(), 2u);
  const Port& port = (**ports)[0].number == 1 ? (**ports)[0] : (**ports)[1];
  EXPECT_EQ(port.name, "p1");
  EXPECT_THAT(switch_.Ofctl({"dump-ports", switch_.socket(), "p1"}), HasSubstr("tx pkts=1"));

  switch_.Vsctl(
      {"add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy", "ofport_request=2"});
  Run([&] { return !ports_.empty(); });
  EXPECT_EQ(ports_[0].reason, PortStatus::Reason::kAdd);
  EXPECT_EQ(ports_[0].port.name, "p2");

  switch_.Ofctl({"mod-port", switch_.socket(), "p1", "no-forward"});
  Run([&] { return ports_.back().port.config == Port::kNoForward; });
  EXPECT_EQ(ports_.back().port.name, "p1");
  connection_->Send(PortMod{1, port.mac, 0, Port::kNoForward});
  Run([&] { return ports_.back().port.config == 0; });

  std::optional<Result<std::vector<TableStats>>> tables;
  connection_->DumpTables([&](auto result) { tables = std::move(result); });
  Run([&] { return tables.has_value(); });
  EXPECT_EQ((**tables)[0].flows, 1u);
  EXPECT_EQ((**tables)[0].matched, 1u);
}

// A packet of IPv4, UDP and 8 bytes, from MAC 2 to MAC 1.
std::string Datagram(const std::string& from, const std::string& to) {
  return "in_port(1),eth(src=02:00:00:00:00:02,dst=02:00:00:00:00:01),eth_type(0x0800),ipv4(src=" +
         from + ",dst=" + to + ",proto=17,tos=0,ttl=64,frag=no),udp(src=5000,dst=53)";
}

TEST_F(ConnectionLiveTest, ConnectionsOfAnAddressAreForgotten) {
  switch_.Vsctl(
      {"add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1"});
  Connect();
  ASSERT_TRUE(Apply({PutFlow{ParseFlow("table=0,in_port=1,ip actions=ct(commit,zone=2),"
                                       "ct(commit,zone=4,nat(dst=10.0.0.9))")}})
                  .ok());
  switch_.Appctl({"netdev-dummy/receive", "p1", Datagram("10.0.0.1", "10.0.0.2")});
  switch_.Appctl({"netdev-dummy/receive", "p1", Datagram("10.0.0.3", "10.0.0.4")});
  const auto tracked = [this](const std::string& zone) {
    return switch_.Appctl({"dpctl/dump-conntrack", "zone=" + zone});
  };
  const auto flush = [this](const CtFilter& filter) {
    std::optional<Result<>> done;
    connection_->FlushConntrack(filter, [&](Result<> result) { done = std::move(result); });
    Run([&] { return done.has_value(); });
    return done->has_value();
  };
  const auto ip = [](const char* text) { return *Ip::Parse(text); };
  using Role = CtFilter::Role;
  ASSERT_THAT(tracked("2"), HasSubstr("src=10.0.0.1,dst=10.0.0.2"));
  ASSERT_THAT(tracked("4"), HasSubstr("src=10.0.0.9,dst=10.0.0.3"));

  EXPECT_TRUE(flush({2, ip("10.0.0.1"), Role::kServer}));
  EXPECT_TRUE(flush({2, ip("fd00::1"), Role::kClient}));
  EXPECT_THAT(tracked("2"), HasSubstr("src=10.0.0.1,dst=10.0.0.2"));
  EXPECT_TRUE(flush({2, ip("10.0.0.1"), Role::kClient}));
  EXPECT_THAT(tracked("2"), Not(HasSubstr("10.0.0.1")));
  EXPECT_THAT(tracked("2"), HasSubstr("src=10.0.0.3,dst=10.0.0.4"));
  EXPECT_TRUE(flush({2, ip("10.0.0.4"), Role::kServer}));
  EXPECT_THAT(tracked("2"), testing::IsEmpty());
  EXPECT_THAT(tracked("4"), HasSubstr("src=10.0.0.1,dst=10.0.0.2"));
  EXPECT_TRUE(flush({4, ip("10.0.0.9"), Role::kServer})) << "to which it was translated";
  EXPECT_THAT(tracked("4"), testing::IsEmpty());
}

TEST_F(ConnectionLiveTest, OldProtocolsAreNamed) {
  switch_.Vsctl({"set", "bridge", "br0", "protocols=OpenFlow13"});
  connection_ = std::make_unique<Connection>(
      loop_, switch_.socket(),
      Connection::Handlers{.on_down = [this](const Error& e) { downs_.push_back(e.message); }});
  Run([&] { return !downs_.empty(); });
  EXPECT_THAT(downs_[0], HasSubstr("add OpenFlow15 to the bridge's protocols"));
  switch_.Vsctl({"clear", "bridge", "br0", "protocols"});
  Run([&] { return connection_->up(); });
}

TEST_F(ConnectionLiveTest, CallbacksMayDestroyIt) {
  Connect();
  ASSERT_TRUE(Apply(Puts(5000)).ok());
  bool dumped = false;
  connection_->DumpFlows(
      {},
      [&](const auto&) {
        EXPECT_FALSE(dumped);
        dumped = true;
        connection_.reset();
      },
      [&](const auto&) { ADD_FAILURE(); });
  Run([&] { return dumped; });
  Connect();
  connection_->Apply(Puts(10), [&](const ApplyResult&) { connection_.reset(); });
  connection_->Barrier([&](const auto&) { ADD_FAILURE(); });
  Run([&] { return !connection_; });
  Connect();
  connection_->Apply(Puts(10), [&](const ApplyResult&) { ADD_FAILURE(); });
  connection_.reset();
}

}  // namespace
}  // namespace kvs::openflow
