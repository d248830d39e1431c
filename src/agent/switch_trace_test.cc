#include "agent/switch_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::agent {
namespace {

using testing::HasSubstr;

// As Open vSwitch 3.1 says it.
constexpr char kTrace[] =
    R"(Flow: tcp,in_port=19,dl_src=0a:58:0a:f4:01:03,nw_src=10.244.1.3,nw_ttl=64

bridge("k-vswitch0")
--------------------
 0. ip,in_port=19, priority 300, cookie 0x1
    resubmit(,90)
90. ip, priority 300
    ct(table=95,zone=2)
    drop
     -> A clone of the packet is forked to recirculate.

Final flow: unchanged
Megaflow: recirc_id=0,eth,ip,in_port=19
Datapath actions: ct(zone=2),recirc(0x1)

===============================================================================
recirc(0x1) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)
===============================================================================

Flow: recirc_id=0x1,ct_state=new|trk,tcp,in_port=19,nw_ttl=64

bridge("k-vswitch0")
--------------------
    thaw
        Resuming from table 95
95. ct_state=+new, priority 300
    goto_table:180
180. ip,nw_dst=10.244.2.0/24, priority 124
    set_field:0x7->tun_id
    set_field:10.200.0.2->tun_dst
    output:1
     -> output to native tunnel
     -> tunneling to 10.200.0.2 via br-phy

bridge("br-phy")
----------------
 0. priority 0
    NORMAL
     -> forwarding to learned port

Final flow: recirc_id=0x1,tcp,tun_dst=10.200.0.2,tun_id=0x0,in_port=19,dl_dst=aa:bb:cc:dd:ee:ff,nw_ttl=63
Datapath actions: tnl_push()
)";

TEST(SwitchTrace, TablesHaveNames) {
  const auto trace = ParseTrace(kTrace);
  EXPECT_EQ(trace.tunnel_to, "10.200.0.2");
  EXPECT_EQ(trace.tunnel_key, "0x7");
  EXPECT_EQ(trace.output, "1");
  EXPECT_THAT(trace.last_flow, HasSubstr("nw_ttl=63"));
  ASSERT_EQ(trace.steps.size(), 4u);
  EXPECT_EQ(trace.steps[0].table, "classify");
  EXPECT_EQ(trace.steps[0].flow, "ip,in_port=19, priority 300");
  EXPECT_EQ(trace.steps[0].cookie, "0x1");
  EXPECT_THAT(trace.steps[0].actions, testing::IsEmpty()) << "a jump is no action";
  EXPECT_THAT(trace.steps[1].actions, testing::ElementsAre("ct(table=state,zone=2)"));
  EXPECT_EQ(trace.steps[3].table, "route");
  EXPECT_THAT(
      trace.steps[3].actions,
      testing::ElementsAre("set_field:0x7->tun_id", "set_field:10.200.0.2->tun_dst", "output:1"))
      << "what br-phy does is not ours";
}

TEST(SwitchTrace, TheKernelsTunnelIsTheActionsWord) {
  const auto trace = ParseTrace(R"(
bridge("k-vswitch0")
--------------------
180. ipv6,ipv6_dst=fd00:10:244:2::/64, priority 164
    set_field:fd00:200::2->tun_ipv6_dst
    output:1
     -> output to kernel tunnel
)");
  EXPECT_EQ(trace.tunnel_to, "fd00:200::2");
  EXPECT_EQ(trace.output, "1");
}

TEST(SwitchTrace, WhatIsNotOutputEntersNoTunnel) {
  const auto trace = ParseTrace(R"(
bridge("k-vswitch0")
--------------------
180. ip, priority 124
    set_field:10.200.0.2->tun_dst
    drop
)");
  EXPECT_EQ(trace.tunnel_to, "");
  EXPECT_EQ(trace.output, "");
}

}  // namespace
}  // namespace kvs::agent
