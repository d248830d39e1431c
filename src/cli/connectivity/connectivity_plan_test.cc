#include "cli/connectivity/connectivity_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cli/inspect/probe_json.h"

namespace kvs::cli {
namespace {

using probe::Endpoint;
using probe::Protocol;
using testing::HasSubstr;

std::vector<Ip> Ips(const char* text) { return ParseIps(text).value(); }

// Two nodes of IPv4, each with two pods of both families.
std::vector<Endpoint> TwoNodes() {
  std::vector<Endpoint> endpoints;
  for (const char* node : {"1", "2"})
    for (const char* pod : {"3", "4"})
      endpoints.push_back({.name = fmt::format("kvs-test/{}-{}", pod, node),
                           .node = fmt::format("node{}", node),
                           .ips = Ips(fmt::format("10.1.{0}.{1},fd00:{0}::{1}", node, pod).c_str()),
                           .listeners = ListenersOfPod()});
  for (const char* node : {"1", "2"})
    endpoints.push_back({.kind = Endpoint::Kind::kNode,
                         .name = fmt::format("node{}", node),
                         .node = fmt::format("node{}", node),
                         .ips = Ips(fmt::format("10.200.0.{}", node).c_str()),
                         .listeners = ListenersOfNode(10251)});
  return endpoints;
}

TEST(PlanConnectivity, AsksForEachKindInEachFamily) {
  const auto cells = PlanConnectivity(
      TwoNodes(), {.service = Ips("10.96.0.9,fd00:96::9"),
                   .api_server = Ips("10.96.0.1"),
                   .dns = true,
                   .external = External{.address = Ips("192.0.2.1").front(), .port = 80}});
  std::map<std::string, int> kinds;
  for (const auto& cell : cells) ++kinds[cell.kind];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"pod to pod, same node", 4 * 4},
                                               {"pod to pod, across nodes", 8 * 4},
                                               {"pod to pod, full MTU", 12 * 2},
                                               {"pod seen by its own address", 12 * 2},
                                               {"pod to node, same node", 4},
                                               {"pod to node, across nodes", 4},
                                               {"node to pod, same node", 4 * 4},
                                               {"node to pod, across nodes", 4 * 4},
                                               {"node to node, across nodes", 2},
                                               {"pod to Service", 4 * 4},
                                               {"pod to API server", 4},
                                               {"pod resolves a name", 4},
                                               {"pod to external", 4}}));
  for (const auto& [from, to, kind, cell, expected, outcome] : cells) {
    EXPECT_NE(from, to);
    EXPECT_EQ(cell.full, kind == "pod to pod, full MTU");
    if (kind == "pod seen by its own address") {
      ASSERT_TRUE(cell.seen_as);
      EXPECT_EQ(cell.seen_as->is4(), cell.address.is4());
      EXPECT_NE(*cell.seen_as, cell.address);
    }
    if (kind.starts_with("pod to node")) {
      EXPECT_EQ(cell.port, 10251);
      EXPECT_FALSE(cell.greets) << "a kubelet waits for the client";
    }
    if (kind == "pod to Service") {
      EXPECT_EQ(cell.identity, "") << "any pod may answer";
    }
  }
}

TEST(PlanConnectivity, LeavesOutWhatTheClusterHasNot) {
  for (const auto& cell : PlanConnectivity(TwoNodes(), {})) {
    EXPECT_NE(cell.cell.protocol, Protocol::kDns);
    EXPECT_THAT(cell.kind, testing::Not(HasSubstr("external")));
  }
}

std::string Read(const std::string& text) {
  const auto external = ParseExternal(text);
  return external ? fmt::format("{} {}", external->address, external->port)
                  : external.error().message;
}

TEST(ParseExternal, TakesAddressAndPort) {
  EXPECT_EQ(Read("192.0.2.1"), "192.0.2.1 443");
  EXPECT_EQ(Read("192.0.2.1:80"), "192.0.2.1 80");
  EXPECT_EQ(Read("2001:db8::1"), "2001:db8::1 443");
  EXPECT_EQ(Read("[2001:db8::1]"), "2001:db8::1 443");
  EXPECT_EQ(Read("[2001:db8::1]:8443"), "2001:db8::1 8443");
  for (const char* bad : {"192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[2001:db8::1]:x"})
    EXPECT_THAT(Read(bad), HasSubstr("a port from 1 to 65535")) << bad;
  for (const char* bad : {"example.com", "", "[2001:db8::1", "[", "]", ":", "[]:", "[:1"})
    EXPECT_THAT(Read(bad), testing::StartsWith("--external")) << bad;
}

TEST(ProbeJson, CarriesCellsAndOutcomes) {
  const Question question{
      .timeout = std::chrono::milliseconds(1500),
      .cells = {{.protocol = Protocol::kUdp,
                 .address = Ips("fd00::3").front(),
                 .port = 8080,
                 .identity = "kvs-test/a",
                 .seen_as = Ips("fd00::4").front(),
                 .full = true},
                {.protocol = Protocol::kTcp, .address = Ips("10.1.1.3").front(), .greets = false}}};
  const auto read = ParseQuestion(ToJson(question));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(ToJson(*read), ToJson(question));
  EXPECT_EQ(read->timeout, question.timeout);
  EXPECT_EQ(read->cells[0].protocol, Protocol::kUdp);
  EXPECT_EQ(read->cells[0].seen_as, question.cells[0].seen_as);
  EXPECT_TRUE(read->cells[0].full);
  EXPECT_FALSE(read->cells[1].seen_as);
  EXPECT_FALSE(read->cells[1].greets);

  const std::vector<probe::Outcome> outcomes = {
      {.reached = true, .time = std::chrono::microseconds(412), .attempts = 2},
      {.attempts = 5, .reason = "no answer"}};
  const auto same = ParseOutcomes(ToJson(outcomes), 2);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(ToJson(*same), ToJson(outcomes));
  EXPECT_EQ((*same)[1].reason, "no answer");
}

TEST(ProbeJson, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(ParseQuestion("<html>"));
  EXPECT_THAT(ParseQuestion(R"({"cells":[{"protocol":"SCTP"}]})").error().message,
              HasSubstr("protocol SCTP: not known"));
  EXPECT_FALSE(ParseQuestion(R"({"cells":[{"protocol":"TCP","address":"ten"}]})"));
  EXPECT_FALSE(ParseOutcomes("", 1));
  EXPECT_THAT(ParseOutcomes(R"({"outcomes":[]})", 1).error().message,
              HasSubstr("answers 0 of 1 cells"));
}

}  // namespace
}  // namespace kvs::cli
