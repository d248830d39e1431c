#include "agent/events.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kvs::agent {
namespace {

using namespace std::chrono_literals;

class Reports : public kube::Source {
 public:
  std::unique_ptr<kube::Subscription> Watch(kube::Kind, kube::WatchHandlers) override { return {}; }
  std::unique_ptr<kube::Subscription> WatchProblems(OnProblems) override { return {}; }
  void Apply(const kube::Object&, std::string_view, Done) override {}
  void Delete(kube::Kind, const std::string&, std::string_view, Done) override {}
  void Report(const kube::Event& event) override {
    told.push_back(event.reason + ": " + event.note);
  }

  std::vector<std::string> told;
};

class EventsTest : public testing::Test {
 protected:
  void Check(bool serving, const std::vector<Problem>& problems = {}) {
    now_ += 1000ms;
    events_.Check(now_, serving, problems);
  }

  Reports reports_;
  Events events_{reports_, "node1"};
  std::chrono::milliseconds now_{0};
  const Problem problem_{"OVSDB", "connection", "refused"};
};

TEST_F(EventsTest, ReadinessIsToldOnceItComes) {
  for (int i = 0; i < 3; ++i) Check(false);
  EXPECT_TRUE(reports_.told.empty()) << "it starts";
  for (int i = 0; i < 3; ++i) Check(true);
  ASSERT_EQ(reports_.told.size(), 1u);
  EXPECT_TRUE(reports_.told[0].starts_with("NetworkReady: "));
}

TEST_F(EventsTest, WhatLastsOnlyAMomentIsNotTold) {
  Check(true);
  for (int i = 0; i < 4; ++i) Check(false, {problem_});
  for (int i = 0; i < 20; ++i) Check(true);
  EXPECT_EQ(reports_.told.size(), 1u);
}

TEST_F(EventsTest, AProblemIsToldOnceInTenMinutes) {
  Check(true);
  for (int i = 0; i < 300; ++i) Check(false, {problem_});
  ASSERT_EQ(reports_.told.size(), 3u);
  EXPECT_EQ(reports_.told[1], "NetworkProblem: OVSDB connection: refused");
  EXPECT_TRUE(reports_.told[2].starts_with("NetworkNotReady: "));
  for (int i = 0; i < 10; ++i) Check(true);
  for (int i = 0; i < 10; ++i) Check(true, {problem_});
  EXPECT_EQ(reports_.told.size(), 4u) << "ready again, and nothing else is new";
  for (int i = 0; i < 600; ++i) Check(true, {problem_});
  EXPECT_EQ(reports_.told.size(), 5u);
}

TEST_F(EventsTest, AProblemIsALineWhenItComesAndOneWhenItIsOver) {
  testing::internal::CaptureStderr();
  Problem counts = problem_;
  for (int i = 0; i < 20; ++i) {
    counts.message = fmt::format("refused {} times", i);
    Check(true, {counts});
  }
  for (int i = 0; i < 20; ++i) Check(true);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("warning node1 NetworkProblem: OVSDB connection: refused 5 times\n"),
            said.npos)
      << said;
  EXPECT_NE(said.find("node1 NetworkProblem: OVSDB connection ended after 20 s\n"), said.npos);
  EXPECT_EQ(std::ranges::count(said, '\n'), 3) << "and that it is ready";
  ASSERT_EQ(reports_.told.size(), 2u) << "one event, whatever it counts";
}

TEST_F(EventsTest, WhatTheLogWasToldIsOnlyAnEvent) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 20; ++i) events_.Check(now_ += 1000ms, false, {problem_}, {problem_});
  events_.Check(now_ += 1000ms, false, {});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(reports_.told.size(), 1u);
}

}  // namespace
}  // namespace kvs::agent
