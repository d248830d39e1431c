#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openflow/connection.h"
#include "openflow/dummy_switch.h"

// For live tests of Connection: a connection to a real ovs-vswitchd, and a record of its callbacks.
namespace kvs::openflow {

inline flow::Flow ParseFlow(const std::string& text) { return flow::Flow::Parse(text).value(); }

class ConnectionLiveTest : public testing::Test {
 protected:
  void Connect(Connection::Options options = Connection::Options()) {
    connection_ = std::make_unique<Connection>(
        loop_, switch_.socket(),
        Connection::Handlers{
            .on_up = [this](uint64_t) { ++ups_, loop_.Stop(); },
            .on_down =
                [this](const Error& error) { downs_.push_back(error.message), loop_.Stop(); },
            .on_packet_in = [this](const PacketIn& packet) { packets_.push_back(packet); },
            .on_port_status = [this](const PortStatus& status) { ports_.push_back(status); },
            .on_flow_event = [this](const FlowEvent& event) { events_.push_back(event); },
            .on_flow_removed = [this](const FlowRemoved& end) { removed_.push_back(end); }},
        options);
    Run([this] { return connection_->up(); });
  }

  // Runs the loop until `done`, at most 15 seconds.
  void Run(const std::function<bool()>& done) {
    bool late = false;
    io::Timer limit(loop_, [&] { late = true; });
    io::Timer look(loop_, [this] { loop_.Stop(); });
    limit.Start(std::chrono::seconds(15));
    look.StartRepeating(std::chrono::milliseconds(2));
    while (!done() && !late) loop_.Run();
    ASSERT_FALSE(late);
  }

  ApplyResult Apply(std::vector<Change> changes, size_t bundle_size = 0) {
    std::optional<ApplyResult> result;
    connection_->Apply(
        std::move(changes), [&](const ApplyResult& r) { result = r; }, bundle_size);
    EXPECT_FALSE(result);  // never before it returns
    Run([&] { return result.has_value(); });
    return result.value_or(ApplyResult());
  }

  std::vector<InstalledFlow> Flows() {
    std::vector<InstalledFlow> flows;
    std::optional<Result<>> end;
    connection_->DumpFlows(
        {}, [&](auto batch) { std::ranges::move(batch, std::back_inserter(flows)); },
        [&](Result<> result) { end = result; });
    Run([&] { return end.has_value(); });
    EXPECT_TRUE(end && *end);
    return flows;
  }

  std::vector<InstalledGroup> Groups() {
    std::optional<Result<std::vector<InstalledGroup>>> groups;
    connection_->DumpGroups([&](auto result) { groups = std::move(result); });
    Run([&] { return groups.has_value(); });
    EXPECT_TRUE(groups && *groups);
    return groups->value_or(std::vector<InstalledGroup>());
  }

  ApplyResult ChangeMeters(std::vector<MeterChange> changes) {
    std::optional<ApplyResult> result;
    connection_->ChangeMeters(std::move(changes), [&](const ApplyResult& r) { result = r; });
    EXPECT_FALSE(result);  // never before it returns
    Run([&] { return result.has_value(); });
    return result.value_or(ApplyResult());
  }

  std::vector<InstalledMeter> Meters() {
    std::optional<Result<std::vector<InstalledMeter>>> meters;
    connection_->DumpMeters([&](auto result) { meters = std::move(result); });
    Run([&] { return meters.has_value(); });
    EXPECT_TRUE(meters && *meters);
    return meters->value_or(std::vector<InstalledMeter>());
  }

  static std::vector<Change> Puts(int count) {
    std::vector<Change> changes;
    for (int i = 0; i < count; ++i)
      changes.push_back(PutFlow{ParseFlow(fmt::format(
          "cookie={:#x},table={},priority={},ip,reg{}={:#x}/0xffff,nw_dst=10.{}.{}.0/24 "
          "actions=set_field:{}->reg0,ct(commit,table=9,zone=4,exec(set_field:{}->ct_mark))",
          i, i % 5, i % 1000, i % 16, i % 7 + 1, i / 256 % 256, i % 256, i, i))});
    return changes;
  }

  DummySwitch switch_;
  io::Loop loop_;
  std::unique_ptr<Connection> connection_;
  int ups_ = 0;
  std::vector<std::string> downs_;
  std::vector<PacketIn> packets_;
  std::vector<PortStatus> ports_;
  std::vector<FlowEvent> events_;
  std::vector<FlowRemoved> removed_;
};

}  // namespace kvs::openflow
