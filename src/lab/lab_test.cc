#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/manifests.h"
#include "lab/matrix.h"
#include "lab/process.h"
#include "lab/state.h"
#include "lab/trace.h"

namespace kvs::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Process, RunsToTheEndAndTellsWhatItSaid) {
  const auto output = RunToEnd({.argv = {"sh", "-c", "cat; echo bad >&2; echo $WORD; exit 3"},
                                .env = {"WORD=hello"},
                                .input = "in\n"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(output->out, "in\nhello\n");
  EXPECT_EQ(output->err, "bad\n");
  EXPECT_THAT(Check({.argv = {"false"}}).error().message, HasSubstr("false: exit 1"));
  EXPECT_THAT(RunToEnd({.argv = {"no-such-program"}}).error().message,
              HasSubstr("no-such-program: not found"));
}

TEST(Process, IsKilledAfterItsTime) {
  const auto late = RunToEnd({.argv = {"sleep", "100"}}, milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("sleep 100: not done after 50 ms"));
}

TEST(Process, IsKnownByItsStartToo) {
  const auto process = Start({.argv = {"sleep", "100"}}, "/dev/null");
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_TRUE(IsAlive(*process));
  const Process stranger{process->pid, process->start + 1};  // had the same number
  EXPECT_FALSE(IsAlive(stranger));
  Signal(stranger, SIGKILL);
  EXPECT_FALSE(AwaitEnd(*process, milliseconds(30)));
  Signal(*process, SIGKILL);
  EXPECT_TRUE(AwaitEnd(*process, seconds(5)));
  EXPECT_FALSE(IsAlive(*process));
}

TEST(State, NamesThatCannotBeMistaken) {
  EXPECT_TRUE(State::Of("demo2"));
  for (const char* bad : {"", "a-b", "Demo", "../x", "seventeenletters1"}) {
    EXPECT_FALSE(State::Of(bad)) << bad;
  }
}

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Manifests, TheExampleIsWhatTheLabWrites) {
  const std::string folder = testing::TempDir() + "/kvs-manifests";
  ASSERT_TRUE(WriteManifests(folder, 3, false));
  for (const char* file : {"nodes.yaml", "namespaces.yaml", "pods.yaml"})
    EXPECT_EQ(Content(folder + "/" + file), Content(std::string(KVS_EXAMPLE) + "/" + file)) << file;
  const auto read = ReadManifests(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->problems, testing::IsEmpty());
  EXPECT_EQ(read->nodes.size(), 3u);
  EXPECT_EQ(read->pods.size(), 6u);

  ASSERT_TRUE(WritePod(folder, "shop/extra", "node2"));
  EXPECT_EQ(ReadManifests(folder)->pods.size(), 7u);
  ASSERT_TRUE(RemovePod(folder, "shop/extra"));
  EXPECT_THAT(RemovePod(folder, "shop/web-1").error().message, HasSubstr("not in a file"));
  EXPECT_THAT(WritePod(folder, "web", "node1").error().message, HasSubstr("namespace/name"));
  std::filesystem::remove_all(folder);
}

std::vector<Place> TwoNodes() {
  const auto ips = [](const char* text) { return ParseIps(text).value(); };
  return {{Place::Kind::kPod, "shop/a", "", "node1", ips("10.1.1.3,fd00:1::3")},
          {Place::Kind::kPod, "shop/b", "", "node2", ips("10.1.2.3,fd00:2::3")},
          {Place::Kind::kNode, "node1", "", "node1", ips("10.200.0.1")},
          {Place::Kind::kOutside, "outside", "", "", ips("198.51.100.1,2001:db8::1")}};
}

TEST(Matrix, AsksForWhatMustWork) {
  const auto cells = PlanMatrix(TwoNodes());
  size_t to_outside = 0;
  for (const auto& cell : cells) {
    EXPECT_NE(cell.from, cell.to);
    EXPECT_NE(cell.from, "outside");
    if (cell.to != "outside") continue;
    ++to_outside;
    EXPECT_TRUE(cell.cell.address.is4()) << "node1 has no IPv6 uplink";
    EXPECT_NE(cell.from, "shop/b") << "no machine node2";
  }
  EXPECT_EQ(to_outside, 4u);  // shop/a and node1, TCP and ICMP
  // a: b 4, node1 2, outside 2; b: a 4, node1 2; node1: a 4, b 4, outside 2.
  EXPECT_EQ(cells.size(), 24u);
  EXPECT_EQ(cells.front().kind, "pod to pod, across nodes");
}

TEST(Matrix, ShowsWhatFailed) {
  Matrix matrix{.cells = PlanMatrix(TwoNodes())};
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  EXPECT_EQ(matrix.failed(), 0u);
  EXPECT_THAT(ToText(matrix), HasSubstr("24 of 24 cells ok"));
  matrix.cells[3].outcome = {.reason = "no answer"};
  EXPECT_EQ(matrix.failed(), 1u);
  EXPECT_THAT(ToText(matrix),
              HasSubstr("FAILED shop/a -> shop/b (fd00:2::3, ICMP over IPv6): no answer"));
  EXPECT_THAT(ToText(matrix), HasSubstr("!i"));
  for (auto& cell : matrix.cells) cell.outcome = {.reason = "no answer"};
  EXPECT_THAT(ToText(matrix), HasSubstr("... and 4 more"));
  for (auto& cell : matrix.cells) cell.outcome.reached = true;
  matrix.cells[3].outcome.reached = false;
  matrix.cells[3].expected = false;
  EXPECT_EQ(matrix.failed(), 0u);
}

// As Open vSwitch 3.1 says it.
constexpr char kTrace[] =
    R"(Flow: tcp,in_port=19,dl_src=0a:58:0a:f4:01:03,nw_src=10.244.1.3,nw_ttl=64

bridge("k-vswitch0")
--------------------
 0. ip,in_port=19, priority 300, cookie 0x1
    resubmit(,11)
11. ip, priority 300
    ct(table=12,zone=2)
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
        Resuming from table 12
12. ct_state=+new, priority 300
    goto_table:24
24. ip,nw_dst=10.244.2.0/24, priority 124
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

TEST(Trace, TablesHaveNames) {
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
  EXPECT_THAT(trace.steps[1].actions, testing::ElementsAre("ct(table=12,zone=2)"));
  EXPECT_EQ(trace.steps[3].table, "route");
  EXPECT_THAT(
      trace.steps[3].actions,
      testing::ElementsAre("set_field:0x7->tun_id", "set_field:10.200.0.2->tun_dst", "output:1"))
      << "what br-phy does is not ours";
}

TEST(Trace, TheKernelsTunnelIsTheActionsWord) {
  const auto trace = ParseTrace(R"(
bridge("k-vswitch0")
--------------------
24. ipv6,ipv6_dst=fd00:10:244:2::/64, priority 164
    set_field:fd00:200::2->tun_ipv6_dst
    output:1
     -> output to kernel tunnel
)");
  EXPECT_EQ(trace.tunnel_to, "fd00:200::2");
  EXPECT_EQ(trace.output, "1");
}

TEST(Trace, WhatIsNotOutputEntersNoTunnel) {
  const auto trace = ParseTrace(R"(
bridge("k-vswitch0")
--------------------
24. ip, priority 124
    set_field:10.200.0.2->tun_dst
    drop
)");
  EXPECT_EQ(trace.tunnel_to, "");
  EXPECT_EQ(trace.output, "");
}

}  // namespace
}  // namespace kvs::lab
