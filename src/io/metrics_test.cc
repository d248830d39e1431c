#include "io/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/fd.h"
#include "io/http_client.h"
#include "io/metrics_check.h"
#include "io/metrics_port.h"
#include "io/own_address.h"
#include "io/test_loop.h"

namespace kvs::io {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreTextInTheirOrder) {
  Metrics all;
  all.Gauge("kvswitch_pods", "Pods.").Value(3);
  all.Counter("kvswitch_writes_total", "Writes.")
      .Value(uint64_t{1} << 40, {{"code", "200"}, {"method", "GET"}})
      .Value(1, {{"code", "a\"b"}});
  all.Gauge("kvswitch_nothing", "It has no value.");
  all.Gauge("kvswitch_limit", "No bound.").Value(std::numeric_limits<double>::infinity());
  prometheus::Histogram histogram({0.5, 1});
  histogram.Observe(0.7);
  all.Add("kvswitch_wait_duration_seconds", "Waiting.", histogram);
  EXPECT_EQ(all.ToText(),
            "# HELP kvswitch_pods Pods.\n"
            "# TYPE kvswitch_pods gauge\n"
            "kvswitch_pods 3\n"
            "# HELP kvswitch_writes_total Writes.\n"
            "# TYPE kvswitch_writes_total counter\n"
            "kvswitch_writes_total{code=\"200\",method=\"GET\"} 1099511627776\n"
            "kvswitch_writes_total{code=\"a\\\"b\"} 1\n"
            "# HELP kvswitch_limit No bound.\n"
            "# TYPE kvswitch_limit gauge\n"
            "kvswitch_limit +Inf\n"
            "# HELP kvswitch_wait_duration_seconds Waiting.\n"
            "# TYPE kvswitch_wait_duration_seconds histogram\n"
            "kvswitch_wait_duration_seconds_count 1\n"
            "kvswitch_wait_duration_seconds_sum 0.7\n"
            "kvswitch_wait_duration_seconds_bucket{le=\"0.5\"} 0\n"
            "kvswitch_wait_duration_seconds_bucket{le=\"1\"} 1\n"
            "kvswitch_wait_duration_seconds_bucket{le=\"+Inf\"} 1\n");
}

double ValueOf(const std::string& name) {
  Metrics all;
  all.AddProcess();
  const std::string text = all.ToText();
  const size_t at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

TEST(Metrics, TellOfTheProcess) {
  Metrics all;
  all.AddProcess();
  const auto types = MetricTypesIn(all.ToText());
  EXPECT_EQ(types.size(), 6u) << all.ToText();
  ExpectConventions(types);
  EXPECT_NEAR(ValueOf("process_start_time_seconds"), static_cast<double>(time(nullptr)), 600);
  EXPECT_GT(ValueOf("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(ValueOf("process_virtual_memory_bytes"), ValueOf("process_resident_memory_bytes"));
  EXPECT_GE(ValueOf("process_cpu_seconds_total"), 0);
  const double open = ValueOf("process_open_fds");
  EXPECT_GT(open, 2);
  EXPECT_GE(ValueOf("process_max_fds"), open);
  const Fd one(dup(0));
  EXPECT_EQ(ValueOf("process_open_fds"), open + 1);
}

TEST(Metrics, TheNameOfAProgramMayHoldAnything) {
  const ProcessStat stat = ParseProcessStat(
      "7 (a) S 1 (b) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 9000 4096000 256 19");
  EXPECT_EQ(stat.cpu_ticks, 200);
  EXPECT_EQ(stat.start_ticks, 9000);
  EXPECT_EQ(stat.virtual_bytes, 4096000);
  EXPECT_EQ(stat.resident_pages, 256);
  EXPECT_EQ(ParseProcessStat("").cpu_ticks, 0);
}

class MetricsPortTest : public testing::Test {
 protected:
  const std::string address_ = OwnAddress(10361);

  std::string Get(const std::string& path, const std::string& method = "GET") {
    std::string answer;
    bool done = false;
    const auto exchange = client_.Send(
        {.method = method, .url = "http://" + address_ + path},
        {.on_head = [&](const HttpHead& head) { answer = std::to_string(head.status) + " "; },
         .on_data = [&](std::string_view data) { answer += data; },
         .on_done = [&](const Result<>&) { done = true; }});
    EXPECT_TRUE(loop_.Until([&] { return done; }));
    return answer;
  }

  TestLoop loop_;
  HttpClient client_{loop_, {}, ""};
  int made_ = 0;
  MetricsPort port_{loop_, address_, [this] { return fmt::format("made {}\n", ++made_); }};
};

TEST_F(MetricsPortTest, ServesMetricsAndNothingElse) {
  ASSERT_FALSE(port_.problem()) << port_.problem()->ToString();
  EXPECT_EQ(Get("/metrics"), "200 made 1\n");
  for (const char* path : {"/", "/healthz", "/readyz", "/v1/status", "/v1/log-level", "/metrics/"})
    EXPECT_THAT(Get(path), HasSubstr("404 ")) << path;
  EXPECT_THAT(Get("/metrics", "POST"), HasSubstr("405 "));
}

TEST_F(MetricsPortTest, MakesThemOnceASecondAtMost) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get("/metrics"), "200 made 1\n");
  loop_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Get("/metrics"), "200 made 2\n");
}

TEST_F(MetricsPortTest, ATakenAddressIsAProblemOfItsOwn) {
  const MetricsPort other(loop_, address_, [] { return ""; });
  ASSERT_TRUE(other.problem());
  EXPECT_EQ(other.problem()->reason, kMetricsPortTaken);
  EXPECT_THAT(other.problem()->ToString(),
              testing::AllOf(HasSubstr("Host metrics: "), HasSubstr("another --metrics-address")));
  EXPECT_FALSE(MetricsPort(loop_, "", {}).problem());
}

}  // namespace
}  // namespace kvs::io
