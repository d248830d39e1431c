#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "lab/cluster/lab.h"
#include "probe/matrix.h"

namespace kvs::lab {

// For tests of faults: a lab of two nodes with full connectivity. If a test fails, the agents' logs
// are printed.
class LiveLab : public testing::Test {
 protected:
  static constexpr auto kPromise = std::chrono::seconds(15);  // until everything is repaired
  static constexpr auto kOneTry =
      std::chrono::seconds(10);  // a slow, emulated guest needs 2 to 4 s for first packets

  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    BringUp({});
  }
  void BringUp(Options options) {
    options.name = fmt::format("f{}", getpid());
    options.nodes = 2;
    auto lab = Lab::Up(std::move(options));
    ASSERT_TRUE(lab) << lab.error().message;
    lab_ = std::move(*lab);
    ASSERT_TRUE(Eventually([this] { return AllReached(); })) << last_;
  }
  void TearDown() override {
    if (!HasFailure() || !lab_) return;
    for (const auto& [name, machine] : lab_->nodes()) {
      std::ifstream log(machine->Log("k-vswitchd"));
      std::cerr << name << ", k-vswitchd:\n" << log.rdbuf();
    }
  }

  Node& node() { return lab_->node("node1"); }

  void Do(std::vector<std::string> argv) {
    const auto done = exec::Check(node().Here(std::move(argv)));
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string Ask(std::vector<std::string> argv) {
    const auto done = exec::Check(node().Here(std::move(argv)));
    return done ? *done : done.error().message;
  }
  // The agent's problems, a line each; "ok
  // " if there are none.
  std::string Problems(const Node& of) {
    const auto all = exec::Check(
        of.Here({"curl", "-s", "--unix-socket", of.agent_socket(), "http://agent/readyz"}));
    return all ? *all : all.error().message;
  }
  std::string Problems() { return Problems(node()); }

  bool Told(const Node& of, const std::string& problem) {
    return Eventually([&] { return Problems(of).find(problem) != std::string::npos; });
  }
  bool Told(const std::string& problem) { return Told(node(), problem); }

  const Pod& PodOn(const std::string& name) {
    for (const auto& [key, pod] : lab_->pods())
      if (pod.node == name) return pod;
    ADD_FAILURE() << "no pod on " << name;
    return lab_->pods().begin()->second;
  }
  void Manifest(const std::string& name, const std::string& text) {
    const auto written = WriteFile(lab_->options().manifests + "/" + name, text);
    ASSERT_TRUE(written) << written.error().message;
  }

  bool AllReached() { return Reached(lab_->Endpoints()); }
  bool PodsReached() {
    auto pods = lab_->Endpoints();
    std::erase_if(pods, [](const probe::Endpoint& endpoint) {
      return endpoint.kind != probe::Endpoint::Kind::kPod;
    });
    return Reached(pods);
  }
  bool Reached(const std::vector<probe::Endpoint>& endpoints) {
    const auto matrix = probe::RunMatrix(endpoints, probe::PlanMatrix(endpoints), kOneTry);
    last_ = matrix ? ToText(*matrix).string() : matrix.error().message;
    return matrix && matrix->failed() == 0;
  }
  template <class Predicate>
  bool Eventually(Predicate predicate, std::chrono::seconds time = kPromise) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (!predicate()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return true;
  }
  void ExpectMended() {
    EXPECT_TRUE(Eventually([this] { return AllReached(); })) << last_;
  }

  std::unique_ptr<Lab> lab_;
  std::string last_;  // matrix
};

}  // namespace kvs::lab
