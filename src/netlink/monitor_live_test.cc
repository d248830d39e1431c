#include "netlink/monitor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "netlink/live_room.h"

namespace kvs::netlink {
namespace {

using Change = Monitor::Change;

class MonitorLive : public ::testing::Test {
 protected:
  void Open(Monitor::Handlers handlers) {
    if (!handlers.on_resync) handlers.on_resync = [this] { ++resyncs_; };
    monitor_ = Must(room_.in().Run([&] { return Monitor::Open(loop_, std::move(handlers)); }));
  }

  // Turns the loop until `done`, at most 5 s.
  bool Await(const std::function<bool()>& done) {
    const auto end = loop_.Now() + std::chrono::seconds(5);
    io::Timer timer(loop_, [&] {
      if (done() || loop_.Now() > end) loop_.Stop();
    });
    timer.StartRepeating(std::chrono::milliseconds(2));
    loop_.Run();
    return done();
  }

  LiveRoom room_{"monitor"};
  Socket& socket_ = room_.socket();
  io::Loop loop_;
  std::unique_ptr<Monitor> monitor_;
  int resyncs_ = 0;
};

TEST_F(MonitorLive, TellsWhatComesAndGoes) {
  std::vector<std::string> seen;
  const auto note = [&](Change change, const std::string& what) {
    seen.push_back((change == Change::kSet ? "+" : "-") + what);
  };
  Open({
      .on_link = [&](Change change, const Link& link) { note(change, link.name); },
      .on_address = [&](Change change, const Address& a) { note(change, a.ip.ToString()); },
      .on_route = [&](Change change, const Route& r) { note(change, r.destination.ToString()); },
      .on_neighbour = [&](Change change, const Neighbour& n) { note(change, n.ip.ToString()); },
  });
  Must(socket_.Do(CreateLink("d0", "bridge")));
  const int link = Must(FindLink(socket_, "d0")).index;
  const auto range = *Prefix::Parse("10.9.0.0/16");
  const Ip ip = *Ip::Parse("10.1.1.1"), neighbour = *Ip::Parse("fe80::a:1");
  Must(socket_.Do(SetLink(link, {.up = true})));
  Must(socket_.Do(AddAddress({.link = link, .ip = ip, .length = 32})));
  Must(socket_.Do(AddRoute({.destination = range, .link = link})));
  Must(socket_.Do(AddNeighbour({.link = link, .ip = neighbour, .mac = Mac{}})));
  Must(socket_.Do(DeleteRoute({.destination = range, .link = link})));
  Must(socket_.Do(DeleteLink(link)));
  const auto saw = [&](const char* what) {
    return std::find(seen.begin(), seen.end(), what) != seen.end();
  };
  EXPECT_TRUE(Await([&] { return saw("-d0"); }));
  for (const char* what : {"+d0", "+10.1.1.1", "+10.9.0.0/16", "+fe80::a:1", "-10.9.0.0/16",
                           "-10.1.1.1", "-fe80::a:1"})
    EXPECT_TRUE(saw(what)) << what;
  EXPECT_EQ(resyncs_, 0);
}

TEST_F(MonitorLive, SaysWhenChangesWereLost) {
  int last = -1;
  Open({.on_address = [&](Change, const Address& address) { last = address.ip.v4().bytes[3]; }});
  // Far more than the buffer holds, while nobody reads.
  for (int round = 0; round < 40; ++round) {
    std::vector<Request> requests;
    for (uint8_t i = 0; i < 250; ++i) {
      const Address address{.link = 1, .ip = Ip4{{10, 1, 1, i}}, .length = 32};
      requests.push_back(round % 2 == 0 ? AddAddress(address) : DeleteAddress(address));
    }
    ASSERT_TRUE(socket_.Try(requests).empty());
  }
  EXPECT_TRUE(Await([&] { return resyncs_ > 0; }));
  // And it goes on afterwards.
  Must(socket_.Do(AddAddress({.link = 1, .ip = Ip4{{10, 1, 1, 255}}, .length = 32})));
  EXPECT_TRUE(Await([&] { return last == 255; }));
}

TEST_F(MonitorLive, MayBeDestroyedByItsHandler) {
  int calls = 0;
  Open({.on_link = [&](Change, const Link&) {
    ++calls;
    monitor_.reset();
  }});
  for (const char* name : {"d0", "d1", "d2"}) Must(socket_.Do(CreateLink(name, "bridge")));
  EXPECT_TRUE(Await([&] { return calls > 0; }));
  EXPECT_EQ(calls, 1);
}

TEST_F(MonitorLive, IgnoresWhatItWasNotAskedFor) {
  int routes = 0;
  Open({.on_route = [&](Change, const Route&) { ++routes; }});
  Must(socket_.Do(CreateLink("d0", "bridge")));
  Must(socket_.Do(AddRoute({.destination = *Prefix::Parse("10.9.0.0/16"), .type = RTN_BLACKHOLE})));
  EXPECT_TRUE(Await([&] { return routes > 0; }));
  EXPECT_EQ(routes, 1);
}

}  // namespace
}  // namespace kvs::netlink
