#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "flow/arbitrary.h"
#include "openflow/actions.h"
#include "openflow/bucket.h"
#include "openflow/ct_flush.h"
#include "openflow/describe.h"
#include "openflow/meter.h"
#include "openflow/modify.h"
#include "openflow/oxm.h"

namespace kvs::openflow {
namespace {

using flow::Field;
using flow::Match;

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return out;
}

std::string Bytes(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

std::string Encoded(const Match& match) {
  Writer out;
  WriteFields(match, out);
  return out.Take();
}

std::string Encoded(const flow::Actions& actions) {
  Writer out;
  WriteInstructions(actions, out);
  return out.Take();
}

// A flow description as a switch writes it, from what a flow mod holds.
std::string Described(const flow::Flow& flow) {
  Writer out;
  out.Zeros(4);
  out.U8(flow.key.table);
  out.Zeros(1);
  out.U16(flow.key.priority);
  out.U16(flow.idle_timeout);
  out.U16(flow.hard_timeout);
  out.Zeros(4);
  out.U64(flow.cookie);
  WriteMatch(flow.key.match, out);
  out.Bytes(
      Bytes("00000010"
            "80020808"
            "0000000000000007"));  // seven packets
  WriteInstructions(flow.actions, out);
  out.Patch16(0, out.size());
  return out.Take();
}

RC_GTEST_PROP(Codec, MatchesComeBack, ()) {
  const Match match = *flow::WildMatch();
  const auto read = ReadFields(Reader(Encoded(match)));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == match);
}

RC_GTEST_PROP(Codec, FlowsComeBack, ()) {
  const flow::Flow flow = *flow::AnyFlow();
  const std::string bytes = Described(flow);
  std::vector<InstalledFlow> read;
  RC_ASSERT(ReadFlows(Reader(bytes), read).has_value());
  RC_ASSERT(read.size() == 1u);
  RC_ASSERT(!read[0].foreign);
  RC_ASSERT(read[0].flow == flow);
  RC_ASSERT(read[0].packets == 7u);
}

RC_GTEST_PROP(Codec, GroupsComeBack, ()) {
  const flow::Group group = *flow::AnyGroup();
  flow::Group read{.group_id = group.group_id, .type = group.type};
  Writer buckets, properties;
  for (const flow::Bucket& bucket : group.buckets) WriteBucket(group.type, bucket, buckets);
  WriteGroupProperties(group, properties);
  RC_ASSERT(ReadBuckets(group.type, Reader(buckets.bytes()), read.buckets).has_value());
  RC_ASSERT(ReadGroupProperties(Reader(properties.bytes()), read).has_value());
  RC_ASSERT(read == group);
}

// As a switch describes it.
std::string Described(const flow::Meter& meter, uint16_t flags = 6) {
  Writer out;
  WriteMeterChange(AddMeter{meter}, 1, out);
  std::string bytes(out.bytes().substr(8));  // the modification begins with a command instead
  const auto size = static_cast<uint16_t>(bytes.size());
  bytes[0] = static_cast<char>(size >> 8);
  bytes[1] = static_cast<char>(size);
  bytes[3] = static_cast<char>(flags);
  return bytes;
}

RC_GTEST_PROP(Codec, MetersComeBack, ()) {
  const flow::Meter meter = *flow::AnyMeter();
  const std::string bytes = Described(meter);
  std::vector<InstalledMeter> read;
  RC_ASSERT(ReadMeters(Reader(bytes), read).has_value());
  RC_ASSERT(read.size() == 1u);
  RC_ASSERT(!read[0].foreign);
  RC_ASSERT(read[0].meter == meter);
}

TEST(Codec, OthersMetersAreForeign) {
  const flow::Meter meter{7, 5, 6};
  std::string band_more = Described(meter) + Described(meter).substr(8);
  band_more[1] = static_cast<char>(band_more.size());
  for (const std::string& bytes :
       {Described(meter, 5), Described(meter, 14), band_more, Bytes("0008000600000007")}) {
    std::vector<InstalledMeter> read;
    ASSERT_TRUE(ReadMeters(Reader(bytes), read));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_TRUE(read[0].foreign);
    EXPECT_EQ(read[0].meter.meter_id, 7u);
  }
  std::vector<InstalledMeter> read;
  const flow::Meter own{0xfffffffd, 5, 6};  // the slow path's
  EXPECT_TRUE(ReadMeters(Reader(Described(own)), read));
  EXPECT_TRUE(read.empty());
  EXPECT_FALSE(ReadMeters(Reader(Described(meter).substr(0, 20)), read));
  EXPECT_FALSE(ReadMeters(Reader(Bytes("0000000600000007")), read));
}

// As Open vSwitch 3.1 writes them.
TEST(MeterStats, Golden) {
  const std::string bytes = Bytes(
      "000000070038000000000000"
      "00000002"
      "0000000000000064"
      "0000000000001000"
      "0000000500000000"
      "000000000000000a"
      "0000000000000400");
  std::vector<MeterStats> read;
  ASSERT_TRUE(ReadMeterStats(Reader(bytes), read));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].meter_id, 7u);
  EXPECT_EQ(read[0].packets, 100u);
  EXPECT_EQ(read[0].dropped, 10u);
  for (size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(ReadMeterStats(Reader(std::string_view(bytes).substr(0, size)), read)) << size;
  EXPECT_EQ(read.size(), 1u);
}

// Whatever comes, a decoder ends, and reads nothing outside (this runs under ASan).
RC_GTEST_PROP(Codec, CutOffAndBentFlowsAreSurvived, ()) {
  std::string bytes = Described(*flow::AnyFlow());
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    bytes[*rc::gen::inRange<size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  bytes.resize(*rc::gen::inRange<size_t>(0, bytes.size() + 1));
  const std::vector<char> exact(bytes.begin(), bytes.end());  // a byte more is a fault
  const Reader reader(std::string_view(exact.data(), exact.size()));
  std::vector<InstalledFlow> flows;
  std::vector<InstalledGroup> groups;
  std::vector<InstalledMeter> meters;
  std::vector<FlowEvent> events;
  std::vector<Port> ports;
  std::vector<MeterStats> meter_stats;
  (void)ReadMeters(reader, meters);
  (void)ReadMeterStats(reader, meter_stats);
  (void)ReadFlows(reader, flows);
  (void)ReadGroups(reader, groups);
  (void)ReadFlowEvents(reader, events);
  (void)ReadPorts(reader, ports);
  (void)ReadPacketIn(reader);
  (void)ReadFlowRemoved(reader);
}

// Bytes as ovs-ofctl 3.1 writes them in OpenFlow 1.5.
TEST(Match, Golden) {
  // ip,nw_dst=10.1.0.0/16
  EXPECT_EQ(Hex(Encoded(
                Match().Set(Field::kEthType, 0x800).Set(Field::kIpv4Dst, 0x0a010000, 0xffff0000))),
            "80000a020800"
            "800019080a010000ffff0000");
  // in_port=LOCAL
  EXPECT_EQ(Hex(Encoded(Match().Set(Field::kInPort, flow::kPortLocal))), "80000004fffffffe");
  EXPECT_EQ(Hex(Encoded(Match().Set(Field::kVlanTci, 0))), "80000c020000");
}

TEST(Match, RegistersComeInPairs) {
  // xreg1=0x0000000500000000/0xffffffff0000000f
  const auto read = ReadFields(Reader(Bytes("800103100000000500000003ffffffff0000000f")));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, Match().Set(Field::kReg2, 5).Set(Field::kReg3, 3, 0xf));
}

TEST(Match, EthernetGoesWithoutSaying) {
  EXPECT_EQ(*ReadFields(Reader(Bytes("8000580400000000"))), Match());
}

TEST(Match, WhatIsNotKnownIsAnError) {
  EXPECT_FALSE(ReadFields(Reader(Bytes("80007e0400000000"))));  // a new field
  EXPECT_FALSE(ReadFields(Reader(Bytes("80000a0208"))));        // cut off
  EXPECT_FALSE(ReadFields(Reader(Bytes("80000a04080086dd"))));  // wrong length
  EXPECT_FALSE(
      ReadFields(Reader(Bytes("8000000400000001"
                              "8000000400000002"))));  // twice
}

TEST(Actions, Golden) {
  // output:1
  EXPECT_EQ(Hex(Encoded({flow::Output{1}})),
            "0004001800000000"
            "00000010000000010000000000000000");
  // set_field:0->in_port,IN_PORT as Open vSwitch wants it: the 16-bit field
  EXPECT_EQ(Hex(Encoded({flow::SetField{Field::kInPort, {}, flow::Value::Ones(32)}})),
            "0004001800000000"
            "00190010000000020000000000000000");
  // goto_table:3 alone
  EXPECT_EQ(Hex(Encoded({flow::GotoTable{3}})), "0001000803000000");
  // conjunction(1,2/3)
  EXPECT_EQ(Hex(Encoded({flow::Conjunction{1, 2, 3}})),
            "0004001800000000"
            "ffff0010000023200022010300000001");
}

TEST(Actions, WhatIsNotKnownIsAnError) {
  EXPECT_FALSE(ReadActions(Reader(Bytes("0012000800000000"))));  // pop_vlan
  EXPECT_FALSE(ReadActions(Reader(Bytes("000000080000"))));      // cut off
  EXPECT_FALSE(ReadActions(Reader(Bytes("0000000000000000"))));  // of no length
  EXPECT_FALSE(ReadInstructions(Reader(Bytes("0005000800000000"))));
}

TEST(Modify, StrictDeletesHaveNoCookieMask) {
  Writer out;
  ASSERT_TRUE(WriteChange(EraseFlow{{.table = 1, .priority = 7}}, 9, {}, out));
  EXPECT_EQ(Hex(out.bytes()).substr(0, 16 + 32),
            "060e003800000009"
            "0000000000000000"
            "0000000000000000");
}

TEST(Modify, OuterAndInnerXidAreTheSame) {
  Writer out;
  ASSERT_TRUE(WriteChange(EraseGroup{5}, 0x1234, 77, out));
  EXPECT_EQ(Hex(out.bytes()),
            "0622002800001234"
            "0000004d00000003"
            "060f001800001234"
            "0002000000000005"
            "00000000ffffffff");
}

TEST(Modify, LargeGroupsAreSplit) {
  flow::Group group{.group_id = 1};
  for (uint32_t i = 0; i < 3000; ++i)
    group.buckets.push_back({.id = i, .actions = {flow::Output{i + 1}}});
  Writer out;
  const auto messages = WriteChange(PutGroup{group}, 1, 1, out);
  ASSERT_TRUE(messages);
  EXPECT_EQ(*messages, 2u);
}

TEST(Modify, WhatFitsInNoMessageIsRefused) {
  PutFlow put;
  put.flow.actions = flow::Actions(10000, flow::Output{1});
  Writer out;
  EXPECT_FALSE(WriteChange(put, 1, 1, out));
  flow::Group group{.group_id = 1};
  group.buckets.push_back({.actions = put.flow.actions});
  EXPECT_FALSE(WriteChange(PutGroup{group}, 1, 1, out));
  EXPECT_EQ(out.size(), 0u);
}

// As ovs-ofctl 3.1 writes them in OpenFlow 1.5.
TEST(CtFlush, Golden) {
  Writer out;
  // ct-flush br0 zone=2 ct_nw_src=10.1.0.5
  WriteCtFlush({2, *Ip::Parse("10.1.0.5"), CtFilter::Role::kClient}, 2, out);
  EXPECT_EQ(Hex(out.Take()),
            "06040040000000020000232000000020"
            "0000000000000000"
            "00000020000000000000001400000000000000000000ffff0a01000500000000"
            "0002000800020000");
  // ct-flush br0 zone=2 ct_nw_proto=17 ct_ipv6_src=fd00::5
  WriteCtFlush({2, *Ip::Parse("fd00::5"), CtFilter::Role::kServer, 17}, 2, out);
  EXPECT_EQ(Hex(out.Take()),
            "06040040000000020000232000000020"
            "1100000000000000"
            "000100200000000000000014fd00000000000000000000000000000500000000"
            "0002000800020000");
}

TEST(Describe, ForeignFlowsKeepTheirMatch) {
  std::string bytes = Described({.key = {.table = 4, .priority = 9}, .cookie = 5});
  // An unknown field in place of the empty match.
  bytes.replace(24, 8,
                Bytes("0001000c80007e0400000001"
                      "00000000"));
  bytes[1] = static_cast<char>(bytes.size());
  std::vector<InstalledFlow> flows;
  ASSERT_TRUE(ReadFlows(Reader(bytes), flows));
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_TRUE(flows[0].foreign);
  EXPECT_EQ(flows[0].flow.key.table, 4);
  EXPECT_EQ(Hex(flows[0].foreign_match), "80007e0400000001");
  Writer out;
  ASSERT_TRUE(WriteChange(EraseForeignFlow{4, 9, flows[0].foreign_match}, 1, {}, out));
  EXPECT_NE(Hex(out.bytes()).find("0001000c80007e040000000100000000"), std::string::npos);
}

}  // namespace
}  // namespace kvs::openflow
