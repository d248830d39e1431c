#include "agent/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/metrics_check.h"

namespace kvs::agent {
namespace {

using testing::HasSubstr;

class AgentMetricsTest : public testing::Test {
 protected:
  prometheus::Histogram attach_seconds_{kAttachSeconds};
  Figures figures_{.ovs_version = "3.1.0",
                   .datapath = "system",
                   .ready = true,
                   .pods = 3,
                   .zones = {{.zone = 2, .limit = 98304, .count = 7}},
                   .connections = 12,
                   .connections_most = 262144,
                   .requests = {{{"GET", "200"}, 4}, {{"PATCH", "503"}, 1}},
                   .attach_seconds = &attach_seconds_};
};

TEST_F(AgentMetricsTest, FollowConventionsAndAreDocumented) {
  const auto types = io::MetricTypesIn(MetricsText(figures_));
  EXPECT_GT(types.size(), 30u);
  io::ExpectConventions(types);
  io::ExpectDocumented(types, KVS_DOCUMENT, [](const std::string& name) {
    return !name.starts_with("kvswitch_controller_");
  });
}

TEST_F(AgentMetricsTest, HaveTheirValuesAndLabels) {
  attach_seconds_.Observe(0.03);
  const std::string text = MetricsText(figures_);
  for (const char* line :
       {"\nkvswitch_ready 1\n", "\nkvswitch_pods 3\n",
        "\nkvswitch_switch_info{ovs_version=\"3.1.0\",datapath=\"system\"} 1\n",
        "\nkvswitch_pod_attach_duration_seconds_bucket{le=\"0.05\"} 1\n",
        "\nkvswitch_pod_attach_duration_seconds_count 1\n", "\nkvswitch_conntrack_entries 12\n",
        "\nkvswitch_conntrack_entries_limit 262144\n",
        "\nkvswitch_conntrack_zone_entries{zone=\"2\"} 7\n",
        "\nkvswitch_api_requests_total{method=\"PATCH\",code=\"503\"} 1\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST_F(AgentMetricsTest, WhatIsNotKnownIsNotShown) {
  figures_.connections_most.reset();
  EXPECT_THAT(MetricsText(figures_), testing::Not(HasSubstr("kvswitch_conntrack_entries")));
  figures_.connections_most = 0;
  EXPECT_THAT(MetricsText(figures_), HasSubstr("\nkvswitch_conntrack_entries_limit +Inf\n"));
}

TEST_F(AgentMetricsTest, ANodeThatIsUninstalledIsNotReady) {
  const auto types = io::MetricTypesIn(MetricsText(std::nullopt));
  EXPECT_THAT(MetricsText(std::nullopt), HasSubstr("\nkvswitch_ready 0\n"));
  EXPECT_FALSE(types.contains("kvswitch_pods"));
  EXPECT_TRUE(types.contains("process_resident_memory_bytes"));
}

}  // namespace
}  // namespace kvs::agent
