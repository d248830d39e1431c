#include "flow/flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "flow/arbitrary.h"

namespace kvs::flow {

// rapidcheck shows values by these.
void showValue(const Match& match, std::ostream& out) { out << match.ToString(); }
void showValue(const Flow& flow, std::ostream& out) { out << flow.ToString(); }
void showValue(const Group& group, std::ostream& out) { out << group.ToString(); }
void showValue(const Meter& meter, std::ostream& out) { out << meter.ToString(); }

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

RC_GTEST_PROP(Match, TextIsReadBack, ()) {
  for (const Match& match : {*AnyMatch(), *WildMatch()}) {
    RC_LOG() << match.ToString();
    const auto read = Match::Parse(match.ToString());
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == match);
  }
}

RC_GTEST_PROP(Flow, TextIsReadBack, ()) {
  const Flow flow = *AnyFlow();
  const auto read = Flow::Parse(flow.ToString());
  if (!read) RC_LOG() << read.error().message;
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == flow);
}

RC_GTEST_PROP(Group, TextIsReadBack, ()) {
  const Group group = *AnyGroup();
  const auto read = Group::Parse(group.ToString());
  if (!read) RC_LOG() << read.error().message;
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == group);
}

std::string Reprinted(std::string_view flow) {
  const auto read = Flow::Parse(flow);
  return read ? read->ToString() : read.error().message;
}

TEST(Flow, ReadsWhatPeopleWrite) {
  EXPECT_EQ(Reprinted("table=1,ip,nw_dst=10.1.0.0/16,priority=7,actions=drop"),
            "cookie=0x0, table=1, priority=7,ip,nw_dst=10.1.0.0/16 actions=drop");
  EXPECT_EQ(Reprinted("tp_dst=80 tcp actions=load:1->NXM_NX_REG0[18],LOCAL"),
            "cookie=0x0, table=0, priority=32768,tcp,tp_dst=80 "
            "actions=set_field:0x40000/0x40000->reg0,LOCAL");
  EXPECT_EQ(Reprinted("dl_vlan=5,ip_dscp=5,ip,ip_frag=later,actions=5"),
            "cookie=0x0, table=0, priority=32768,ip,dl_vlan=5,nw_tos=20,nw_frag=later "
            "actions=output:5");
}

TEST(Flow, ReadsWhatDumpFlowsPrints) {
  EXPECT_EQ(Reprinted(" cookie=0x5, duration=1.5s, table=3, n_packets=7, n_bytes=90, "
                      "idle_timeout=6, idle_age=3, priority=5,icmp6,icmp_type=136 actions=IN_PORT"),
            "cookie=0x5, table=3, idle_timeout=6, priority=5,icmp6,icmp_type=136 "
            "actions=IN_PORT");
}

TEST(Flow, ErrorsNameTheField) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"ip,nw_src=10.1.1,actions=drop", "nw_src: \"10.1.1\" is not an IP address"},
      {"ip,nw_src=fd00::1,actions=drop", "nw_src: \"fd00::1\" is not an IP address"},
      {"ip,nw_src=10.0.0.0/33,actions=drop", "nw_src: \"33\" is not a prefix length of 0 to 32"},
      {"dl_src=1:2,actions=drop", "dl_src: \"1:2\" is not an Ethernet address"},
      {"reg0=5x,actions=drop", "reg0: \"5x\" is not a number"},
      {"ct_zone=70000,actions=drop", "ct_zone: 70000 is too large, at most 65535 fits"},
      {"ct_zone=7/7,actions=drop", "ct_zone: cannot have a mask"},
      {"ct_state=+trk+old,actions=drop", "ct_state: \"old\" is not a flag"},
      {"tp_dst=80,actions=drop", "tp_dst: name the protocol too"},
      {"bogus=1,actions=drop", "bogus: no such field"},
      {"bogus,actions=drop", "bogus: is no protocol"},
      {"ip", "\"actions=\" is missing"},
      {"table=256,actions=drop", "table: 256 is too large, at most 255 fits"},
      {"actions=fly", "actions: fly: no such action"},
      {"actions=goto_table:1,output:2", "goto_table: output stands after it"},
      {"actions=output:eth0", "output: \"eth0\" is not a port number"},
      {"actions=set_field:1->nw_proto", "set_field: nw_proto is read-only"},
      {"actions=set_field:1->wings", "set_field: \"wings\" is not a field"},
      {"actions=set_field:1", "set_field: \"1\" has no \"->\""},
      {"actions=move:reg0[0..3]->reg1[0..4]", "4 bits on the left and 5 on the right"},
      {"actions=move:reg0[30..32]->reg1[0..2]", "is not within the field's 32 bits"},
      {"actions=load:8->reg0[0..2]", "load: 8 is too large, at most 7 fits"},
      {"actions=conjunction(1,3/2)", "conjunction: no clause 3 of 2"},
      {"actions=ct(commit,nat(src=10.0.0.9-10.0.0.1))", "is not a range of addresses"},
      {"actions=ct(commit,exec(output:1))", "ct: output is not possible in exec"},
      {"actions=ct(zone=reg0[0..7])", "ct: zone: \"reg0[0..7]\" has 8 bits, not 16"},
      {"actions=ct(commit", "parentheses do not pair"},
      {"actions=learn(table=1,limit=5)", "learn: \"limit\" is not a field"},
  };
  for (const auto& [text, message] : cases) {
    const auto flow = Flow::Parse(text);
    ASSERT_FALSE(flow) << text;
    EXPECT_THAT(flow.error().message, HasSubstr(message)) << text;
    EXPECT_THAT(flow.error().message, StartsWith("flow")) << text;
  }
}

TEST(Group, ErrorsNameTheField) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"type=select", "group_id is missing"},
      {"group_id=1", "group 1: type is missing"},
      {"group_id=1,type=some", "type: \"some\" is not one of all, select, indirect, ff"},
      {"group_id=1,type=all,bucket=watch_port:1,actions=drop", "\"watch_port:1\" is not supported"},
      {"group_id=1,type=select,bucket=weight:65536,actions=drop", "weight: 65536 is too large"},
      {"group_id=1,type=select,fields(wings)", "fields: \"wings\" is not a field"},
  };
  for (const auto& [text, message] : cases) {
    const auto group = Group::Parse(text);
    ASSERT_FALSE(group) << text;
    EXPECT_THAT(group.error().message, HasSubstr(message)) << text;
  }
}

RC_GTEST_PROP(Meter, TextIsReadBack, ()) {
  const Meter meter = *AnyMeter();
  const auto read = Meter::Parse(meter.ToString());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == meter);
}

TEST(Meter, ReadsWhatDumpMetersPrints) {
  const auto meter =
      Meter::Parse("meter=7 pktps burst bands=\ntype=drop rate=4000 burst_size=8000\n");
  ASSERT_TRUE(meter) << meter.error().message;
  EXPECT_EQ(*meter, (Meter{7, 4000, 8000}));
}

TEST(Meter, ErrorsNameTheField) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"pktps,band=type=drop,rate=5", "needs an id of 1 to 4294901760"},
      {"meter=controller,pktps,band=type=drop,rate=5", "meter: \"controller\" is not a number"},
      {"meter=1,kbps,band=type=drop,rate=5", "\"kbps\" is not supported"},
      {"meter=1,band=type=drop,rate=5", "meter 1: counts no packets: pktps is missing"},
      {"meter=1,pktps,stats,band=type=drop,rate=5", "\"stats\" is not supported"},
      {"meter=1,pktps,band=type=dscp_remark,rate=5", "is not supported"},
      {"meter=1,pktps,band=type=drop", "meter 1: needs a rate"},
  };
  for (const auto& [text, message] : cases) {
    const auto meter = Meter::Parse(text);
    ASSERT_FALSE(meter) << text;
    EXPECT_THAT(meter.error().message, HasSubstr(message)) << text;
  }
}

TEST(Group, SortsItsBuckets) {
  const auto group = Group::Parse(
      "group_id=1,type=select,selection_method=dp_hash,bucket=bucket_id:9,weight:100,actions=drop,"
      "bucket=bucket_id:2,actions=output:1");
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_EQ(group->ToString(),
            "group_id=1,type=select,selection_method=dp_hash,bucket=bucket_id:2,actions=output:1,"
            "bucket=bucket_id:9,weight:100,actions=drop");
}

}  // namespace
}  // namespace kvs::flow
