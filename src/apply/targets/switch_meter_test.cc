#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "apply/targets/switch_target.h"
#include "io/stream.h"
#include "io/test_loop.h"
#include "openflow/framer.h"

// Meters are made before the bundle and removed after it, and one that is refused holds up nothing.
namespace kvs::apply {
namespace {

using flow::Flow;
using openflow::Envelope;
using openflow::MessageType;
using testing::ElementsAre;
using testing::IsEmpty;

// A switch that takes all but some meters, and writes down what it was asked for.
class MeterSwitch : public testing::Test {
 protected:
  MeterSwitch() : path_(testing::TempDir() + "kvs-meters." + std::to_string(getpid())) {
    listener_ = *io::Listener::OnUnixSocket(loop_, path_, [this](auto peer) {
      peer_ = std::move(peer);
      peer_->Serve({.on_data =
                        [this](std::span<const uint8_t> bytes) {
                          framer_.Append(bytes);
                          while (const auto message = framer_.Next()) Receive(*message);
                        },
                    .on_close = [](const Error&) {}});
    });
    connection_ =
        std::make_unique<openflow::Connection>(loop_, path_, openflow::Connection::Handlers{});
    target_ = std::make_unique<SwitchTarget>(*connection_);
    EXPECT_TRUE(loop_.Until([this] { return connection_->up(); }));
  }

  void Receive(const openflow::Message& message) {
    openflow::Writer out;
    openflow::Reader body = message.body;
    if (message.type == MessageType::kHello) Envelope(out, MessageType::kHello, 1);
    if (message.type == MessageType::kFeaturesRequest) {
      const Envelope features(out, MessageType::kFeaturesReply, message.xid);
      out.Zeros(24);
    }
    if (message.type == MessageType::kBarrierRequest)
      Envelope(out, MessageType::kBarrierReply, message.xid);
    if (message.type == MessageType::kBundleAdd) ++in_bundle_;
    if (message.type == MessageType::kBundleControl) Control(message.xid, body, out);
    if (message.type == MessageType::kMeterMod) Meter(message.xid, body, out);
    if (out.size() > 0) peer_->Write(out.bytes());
  }
  void Control(uint32_t xid, openflow::Reader body, openflow::Writer& out) {
    const Envelope done(out, MessageType::kBundleControl, xid);
    out.U32(body.U32());
    const uint16_t type = body.U16();
    if (type == static_cast<uint16_t>(openflow::BundleControl::kCommit))
      asked_.push_back(fmt::format("bundle of {}", std::exchange(in_bundle_, 0)));
    out.U16(static_cast<uint16_t>(type + 1));
    out.U16(body.U16());
  }
  void Meter(uint32_t xid, openflow::Reader body, openflow::Writer& out) {
    const uint16_t command = body.U16();
    body.Skip(2);
    const uint32_t meter = body.U32();
    asked_.push_back(fmt::format("{} meter {}", command == 2 ? "delete" : "put", meter));
    if (!refused_.contains(meter)) return;
    const Envelope error(out, MessageType::kError, xid);
    out.U16(12);
    out.U16(10);
  }

  using Outcome = apply::Outcome<flow::Flow, flow::Group, flow::Meter, ForeignFlow>;
  Outcome Apply(const SwitchTarget::Deltas& deltas) {
    std::optional<Outcome> outcome;
    target_->Apply(deltas, [&](const Outcome& is) { outcome = is; });
    EXPECT_TRUE(loop_.Until([&] { return outcome.has_value(); }));
    return outcome.value_or(Outcome());
  }

  io::TestLoop loop_;
  const std::string path_;
  std::unique_ptr<io::Stream> peer_;
  openflow::Framer framer_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<openflow::Connection> connection_;
  std::unique_ptr<SwitchTarget> target_;
  std::set<uint32_t> refused_;
  int in_bundle_ = 0;
  std::vector<std::string> asked_;
};

TEST_F(MeterSwitch, NewOnesAreThereBeforeTheBundleAndOldOnesGoAfterIt) {
  const flow::Meter old{6, 1, 1}, before{7, 1, 1}, now{7, 2, 2}, fresh{8, 1, 1};
  const Flow flow = *Flow::Parse("table=1,ip actions=meter:8,output:1");
  SwitchTarget::Deltas deltas;
  std::get<0>(deltas).Add(nullptr, &flow);
  std::get<2>(deltas).Add(&old, nullptr);
  std::get<2>(deltas).Add(&before, &now);
  std::get<2>(deltas).Add(nullptr, &fresh);
  const Outcome outcome = Apply(deltas);
  EXPECT_FALSE(outcome.error);
  EXPECT_THAT(asked_, ElementsAre("put meter 7", "put meter 8", "bundle of 1", "delete meter 6"));
}

TEST_F(MeterSwitch, WhatIsRefusedTakesItsFlowsAlongAndNothingElse) {
  refused_ = {7, 9};
  const flow::Meter refused{7, 1, 1}, taken{8, 1, 1}, before{9, 1, 1}, now{9, 2, 2};
  const Flow limited = *Flow::Parse("table=1,ip actions=meter:7,output:1");
  const Flow another = *Flow::Parse("table=1,ipv6 actions=meter:8,output:1");
  const Flow as_before = *Flow::Parse("table=1,arp actions=meter:9,output:1");
  const Flow plain = *Flow::Parse("table=2,ip actions=output:1");
  SwitchTarget::Deltas deltas;
  for (const Flow* flow : {&limited, &another, &as_before, &plain})
    std::get<0>(deltas).Add(nullptr, flow);
  for (const flow::Meter* meter : {&refused, &taken}) std::get<2>(deltas).Add(nullptr, meter);
  std::get<2>(deltas).Add(&before, &now);
  const Outcome outcome = Apply(deltas);
  EXPECT_FALSE(outcome.error);
  EXPECT_FALSE(outcome.all_or_nothing) << "all else is in effect";
  EXPECT_THAT(asked_, ElementsAre("put meter 7", "put meter 8", "put meter 9", "bundle of 3"));
  const auto& flows = std::get<0>(outcome.refused);
  const auto& meters = std::get<2>(outcome.refused);
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0].id, limited.key);
  ASSERT_EQ(meters.size(), 2u);
  EXPECT_EQ(meters[0].id, 7u);
  EXPECT_EQ(meters[1].id, 9u) << "which stays as it was";
  EXPECT_EQ(flows[0].problem, meters[0].problem) << "one thing to tell";
  EXPECT_THAT(meters[0].problem.message,
              testing::StartsWith("the switch refused: OFPMMFC_OUT_OF_METERS"));
}

TEST_F(MeterSwitch, WithNothingElseToChangeThereIsNoBundle) {
  const flow::Meter old{6, 1, 1};
  SwitchTarget::Deltas deltas;
  std::get<2>(deltas).Add(&old, nullptr);
  const Outcome outcome = Apply(deltas);
  EXPECT_FALSE(outcome.error);
  EXPECT_THAT(std::get<2>(outcome.refused), IsEmpty());
  EXPECT_THAT(asked_, ElementsAre("delete meter 6"));
}

}  // namespace
}  // namespace kvs::apply
