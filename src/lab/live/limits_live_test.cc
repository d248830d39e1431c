#include <atomic>
#include <charconv>
#include <functional>

#include "lab/live/frames_lab.h"
#include "pipeline/items.h"
#include "pipeline/limits.h"

// What one pod may begin is limited, whatever the speed at which it sends, and the others go on.
namespace kvs::lab {
namespace {

using pipeline::kGatewayMac;

// The number that follows `before`; 0 if there is none.
uint64_t NumberAfter(const std::string& text, const std::string& before) {
  const size_t at = text.find(before);
  uint64_t number = 0;
  if (at != text.npos)
    std::from_chars(text.data() + at + before.size(), text.data() + text.size(), number);
  return number;
}

class LimitsLiveTest : public FramesLab {
 protected:
  void SetUp() override {
    FramesLab::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    for (probe::Endpoint& endpoint : lab_->Endpoints())
      if (endpoint.kind == probe::Endpoint::Kind::kPod && endpoint.name != pod_.name)
        others_.push_back(endpoint);
  }

  void Send(const Bytes& packet) {
    const auto sent = tap_->Send(Ethernet(mac_, kGatewayMac, kEthIp4, packet));
    ASSERT_TRUE(sent) << sent.error().message;
  }
  // The first packet of connection `number`, or a later one: nobody answers.
  void SendOf(uint32_t number) {
    const Ip &src = pod_.ips.at(0), &dst = PodOn("node2").ips.at(0);
    const auto from = static_cast<uint16_t>(1024 + number % 60000);
    const auto to = static_cast<uint16_t>(20000 + number / 60000);
    Send(IpPacket(src, dst, kProtocolUdp, Udp(src, dst, from, to, BytesOf("x"))));
  }
  // The first fragment of a datagram to the `number`th address of the other node; no other comes.
  void SendFirstFragment(uint32_t number) {
    Ip4 dst = PodOn("node2").ips.at(0).v4();
    dst.bytes[3] = static_cast<uint8_t>(number);
    const Bytes whole = Udp(pod_.ips.at(0), dst, static_cast<uint16_t>(number), 9, Bytes(1400));
    Send(Ip4Packet({.src = pod_.ips.at(0).v4(), .dst = dst, .more = true},
                   Bytes(whole.begin(), whole.begin() + 1280)));
  }

  uint64_t Connections() {
    const auto said = node().Appctl("dpctl/ct-stats-show", {"zone=2"});
    EXPECT_TRUE(said) << said.error().message;
    return NumberAfter(said.value_or(""), "Total: ");
  }
  struct Metered {
    uint64_t came = 0, dropped = 0;
  };
  // Of the pod's first (connections) or second (fragments) meter.
  Metered Meter(int which) {
    const std::string ofport =
        Ask({"ovs-vsctl", "--timeout=9", "get", "interface", pod_.port, "ofport"});
    const std::string stats = Ask({"ovs-ofctl", "-O", "OpenFlow15", "meter-stats", "k-vswitch0",
                                   fmt::format("meter={}", 2 * std::stoi(ofport) + which)});
    EXPECT_THAT(stats, testing::HasSubstr("packet_in_count:"));
    return {NumberAfter(stats, "packet_in_count:"), NumberAfter(stats, " packet_count:")};
  }

  struct Flooded {
    uint64_t sent = 0;
    uint64_t allowed = 0;  // by the limit, in that time
  };
  // Sends until the pod's meter `which` has dropped for a second; meanwhile the other pods reach
  // each other. Calls `then` when the switch has had time for all of it.
  Flooded Flood(const pipeline::Limit& limit, int which, const std::function<void(uint32_t)>& send,
                const std::function<void()>& then) {
    std::atomic<bool> over = false;
    bool reached = true;
    std::thread rest([&] {
      do reached = Reached(others_) && reached;
      while (!over);
    });
    const auto start = std::chrono::steady_clock::now();
    uint32_t sent = 0;
    const auto send_for_a_second = [&] {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < kAtOnce; ++i) send(sent++);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    };
    do send_for_a_second();
    while (Meter(which).dropped == 0 &&
           std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
    send_for_a_second();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    then();
    over = true;
    rest.join();
    EXPECT_TRUE(reached) << last_;
    return {sent, limit.burst + static_cast<uint64_t>(limit.rate * time.count())};
  }

  static constexpr int kAtOnce = 32;  // frames that a switch in userspace has room for

  std::vector<probe::Endpoint> others_;  // all other pods
};

TEST_F(LimitsLiveTest, AFloodOfConnectionsIsCutToTheRate) {
  if (KernelDatapath()) return;  // emulated, it is slower than the limit
  const uint64_t before = Connections();
  uint64_t made = 0;  // with those of the other pods
  Metered meter;
  const Flooded flooded = Flood(
      pipeline::kNewConnections, 0, [this](uint32_t n) { SendOf(n); },
      [&] {
        made = Connections() - before;
        meter = Meter(0);
      });
  std::cout << fmt::format("{} sent, {} allowed, {} made, {} of {} dropped\n", flooded.sent,
                           flooded.allowed, made, meter.dropped, meter.came);
  EXPECT_GE(made, pipeline::kNewConnections.burst / 2);
  EXPECT_LE(meter.came - meter.dropped, flooded.allowed * 5 / 4);
  EXPECT_GT(meter.dropped, 0u);
  EXPECT_TRUE(Told("Pod/" + pod_.name + " connections: more than the limit of 4000 per second"))
      << Problems();
}

TEST_F(LimitsLiveTest, WhatHasBegunPaysNothing) {
  const uint64_t before = Connections();
  SendOf(1);
  ASSERT_TRUE(Eventually([&] { return Connections() > before; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const Metered first = Meter(0);
  for (uint32_t i = 0; i < 3 * pipeline::kNewConnections.burst; ++i) SendOf(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const Metered all = Meter(0);
  EXPECT_LT(all.came, first.came + 100) << "unanswered, but not new to us";
  EXPECT_EQ(all.dropped, 0u);
}

TEST_F(LimitsLiveTest, AFloodOfFirstFragmentsIsCutToTheRate) {
  if (KernelDatapath()) return;  // it bounds them by itself, in bytes, for the node as a whole
  Metered meter;
  const Flooded flooded = Flood(
      pipeline::kFragments, 1, [this](uint32_t n) { SendFirstFragment(n); },
      [&] { meter = Meter(1); });
  std::cout << fmt::format("{} sent, {} allowed, {} of {} dropped\n", flooded.sent, flooded.allowed,
                           meter.dropped, meter.came);
  EXPECT_LE(meter.came - meter.dropped, flooded.allowed * 5 / 4);
  EXPECT_GT(meter.dropped, 0u);
}

}  // namespace
}  // namespace kvs::lab
