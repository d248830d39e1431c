#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/own_folder.h"
#include "io/test_loop.h"
#include "kube/testing/api_fixture.h"

namespace kvs::kube {

// What only the API source does, mostly with a server and a network that misbehave.
class ApiSourceTest : public testing::TestWithParam<Wire> {
 protected:
  void Open(Kind kind = Kind::kPod) {
    pods_.reset();
    source_.reset();
    problems_.clear();
    source_ = fixture_.Open(loop_);
    problem_watch_ = source_->WatchProblems([this](const auto& now) {
      problems_ = now;
      ++tellings_;
    });
    pods_.emplace(*source_, kind);
  }
  void OpenAndSync() {
    Open();
    ASSERT_TRUE(Until([&] { return pods_->synced && api_.watches() == 1 && Knows(); }));
  }
  bool Knows() const { return pods_->Knows(api_); }

  bool Until(const std::function<bool()>& condition) {
    return loop_.Until(condition, std::chrono::seconds(30));
  }
  void Advance(std::chrono::milliseconds time) { loop_.Advance(time); }
  static Pod NewPod(const std::string& name, const std::string& node = "node1") {
    return {.meta = {.name = name, .ns = "default"}, .node_name = node};
  }
  void PutPods(int count, const std::string& node = "node1") {
    for (int i = 0; i < count; ++i) api_.Put(NewPod(fmt::format("p{}", i), node));
  }
  static VSwitchConfig NewConfig(const std::string& name, int range) {
    VSwitchConfig config{.meta = {.name = name}};
    config.spec.pod_cidrs = {*Prefix::Parse(fmt::format("10.1.{}.0/24", range))};
    return config;
  }
  // The only problem.
  std::string Trouble() const {
    return problems_.size() == 1 ? problems_[0].ToString()
                                 : fmt::format("{} problems", problems_.size());
  }
  // The answer to a write.
  struct Answer {
    std::optional<std::string> text;
    Source::Done Done() {
      return [this](const Result<>& done) {
        EXPECT_FALSE(text) << "answered twice";
        text = done ? "done" : done.error().message;
      };
    }
  };

  io::TestLoop loop_;
  const OwnFolder own_;
  const std::string& folder_ = own_.path();
  ApiFixture fixture_{GetParam()};
  FakeApiServer& api_ = fixture_.api;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Subscription> problem_watch_;
  std::vector<Problem> problems_;
  int tellings_ = 0;  // of them
  std::optional<RecordingWatcher> pods_;
};

}  // namespace kvs::kube
