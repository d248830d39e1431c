#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

#include "base/fd.h"
#include "base/own_folder.h"
#include "cli/agents/agent_client.h"
#include "cli/inspect/agent_text.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TextTable, ColumnsAreAsWideAsTheirWidestField) {
  TextTable table({"POD", "NODE"});
  table.Add({"shop/web-1", "node1"});
  table.Add({"a", ""});
  EXPECT_EQ(table.ToText().string(),
            "POD         NODE\n"
            "shop/web-1  node1\n"
            "a\n");
}

TEST(TextTable, NoFieldForgesARow) {
  TextTable table({"POD"});
  table.Add({"shop/web-1\nshop/web-2\x1b[2J"});
  EXPECT_EQ(table.ToText().string(), "POD\nshop/web-1\\nshop/web-2\\u001b[2J\n");
}

TEST(TextTable, OneFieldFloodsNoTable) {
  TextTable table({"POD", "NODE"});
  table.Add({std::string(5000000, 'm'), "node1"});
  table.Add({"a", "node1"});
  EXPECT_EQ(table.ToText().string(),
            fmt::format("POD{:125}  NODE\n{}...  node1\na{:127}  node1\n", "",
                        std::string(TextTable::kMostField - 3, 'm'), ""));
}

TEST(Output, AnErrorsFurtherLinesAreIndented) {
  testing::internal::CaptureStderr();
  PrintError("kubectl get: gone\nOK\x9b");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: kubectl get: gone\n       OK\\ufffd\n");
}

TEST(Output, JsonMeansTheSame) {
  const boost::json::value value = {{"message", "a\n\x1b\x7f\u009b\u202eü\\u"}};
  const Text text = JsonText(value);
  EXPECT_EQ(text.string(), R"({"message":"a\n\u001b\u007f\u009b\u202eü\\u"})"
                           "\n");
  EXPECT_EQ(boost::json::parse(text.string()), value);
}

TEST(Status, BrokenThingsComeFirst) {
  const auto shown = ToStatusText(
      R"({"node":"node3","ready":false,"problems":[{"object":"OVSDB","field":"connection",
          "message":"connection refused; try: systemctl status openvswitch-switch"}],
          "pods":0,"nodes":3,"switch":{"ovsVersion":"","flows":9,"synced":false,"repairs":0}})",
      Paint(false));
  ASSERT_TRUE(shown);
  EXPECT_FALSE(shown->healthy);
  EXPECT_THAT(shown->text.string(),
              testing::StartsWith("node3  NOT OK\n  OVSDB connection: connection"));
  EXPECT_THAT(shown->text.string(), HasSubstr("9 flows NOT in sync"));
  EXPECT_FALSE(ToStatusText("<html>", Paint(false)));
}

TEST(Status, WhatOneAgentSaysHasBounds) {
  boost::json::array problems;
  for (size_t i = 0; i < kMostProblems + 7; ++i)
    problems.push_back(
        {{"object", "o"}, {"field", "f"}, {"message", std::string(size_t{1} << 20, 'm')}});
  const boost::json::object status = {{"node", "node3"}, {"problems", std::move(problems)}};
  const auto shown = ToStatusText(boost::json::serialize(status), Paint(false));
  ASSERT_TRUE(shown);
  EXPECT_LE(shown->text.string().size(), (kMostProblems + 1) * (Text::kMost + 10));
  EXPECT_THAT(shown->text.string(), HasSubstr("mmm...\n  and 7 more; all: kvs status -o json\n"));
}

TEST(Status, OneLinePerThing) {
  const auto shown = ToStatusText(
      R"({"node":"node1","ready":true,"problems":[],"pods":2,"nodes":3,
          "network":{"podRanges":["10.244.1.0/24"],"clusterRanges":["10.244.0.0/16"],
                     "gateways":["10.244.1.1"],"overlay":"vxlan","mtu":1450,"datapath":"netdev",
                     "datapathNote":"userspace datapath (slow): modprobe"},
          "switch":{"ovsVersion":"3.1.0","flows":120,"synced":true,"repairs":1},
          "cniNote":"Multus (00-multus.conf) delegates to k-vswitch"
})",
      Paint(false));
  ASSERT_TRUE(shown);
  EXPECT_TRUE(shown->healthy);
  EXPECT_EQ(shown->text.string(),
            "node1  OK\n"
            "  overlay   vxlan, MTU 1450\n"
            "  pods      2 here, from 10.244.1.0/24; gateways 10.244.1.1\n"
            "  cluster   3 nodes, pods from 10.244.0.0/16\n"
            "  switch    OVS 3.1.0 (netdev), 120 flows in sync, 1 repaired\n"
            "  datapath  userspace datapath (slow): modprobe\n"
            "  CNI       Multus (00-multus.conf) delegates to k-vswitch\n");
}

TEST(Get, WideShowsMore) {
  const boost::json::object nodes = {
      {"node1",
       boost::json::parse(
           R"({"flows":[{"table":24,"tableName":"route","priority":124,"match":"ip,nw_dst=10.244.2.0/24",
          "actions":"output:1","cookie":"0x1","packets":7,"bytes":700,
          "owner":{"rule":"reach","row":"node2","object":"Node/node2"}},
          {"table":0,"tableName":"classify","priority":0,"match":"","actions":"drop","cookie":"0x2",
          "packets":0,"bytes":0}]})")}};
  const std::string table = ToTableText("flows", nodes, false).string();
  EXPECT_THAT(table, HasSubstr("route     124       7        reach  Node/node2  ip,nw_dst="));
  EXPECT_THAT(table, Not(HasSubstr("output:1")));
  EXPECT_THAT(ToTableText("flows", nodes, true).string(), HasSubstr("output:1"));
}

// Plays an agent that answers without end.
void AnswerEndlessly(int listening) {
  const Fd peer(accept(listening, nullptr, nullptr));
  char request[4096];
  if (read(peer.get(), request, sizeof request) <= 0) return;
  std::string bytes = "HTTP/1.1 200 OK\r\n\r\n";
  while (send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0)
    bytes.assign(size_t{1} << 20, 'x');
}

TEST(AskAgent, AnEndlessAnswerIsRefused) {
  const OwnFolder folder;
  const std::string path = folder.path() + "/endless.sock";
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Fd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listening.get(), 1), 0);
  std::thread agent(AnswerEndlessly, listening.get());
  const auto answer = AskAgent(path, "/v1/status");
  agent.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "the agent on " + path + " answers with more than 64 MiB, the limit");
}

TEST(AskAgent, NamesTheSocketOfWhoDoesNotAnswer) {
  const auto answer = AskAgent("/nowhere/agent.sock", "/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no agent on /nowhere/agent.sock"));
}

}  // namespace
}  // namespace kvs::cli
