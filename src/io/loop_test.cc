#include "io/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/own_folder.h"
#include "io/poll.h"
#include "io/stream.h"
#include "io/test_loop.h"

namespace kvs::io {
namespace {

using std::chrono::milliseconds;

TEST(Loop, RunsUntilNothingIsLeft) {
  Loop loop;
  loop.Run();
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  loop.Run();  // a timer that isn't started is nothing to wait for
  timer.Start(milliseconds(1));
  EXPECT_TRUE(timer.active());
  loop.Run();
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.active());
}

TEST(Loop, StopLeavesTheRestForTheNextRun) {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    ++fired;
    loop.Stop();
  });
  timer.StartRepeating(milliseconds(1));
  loop.Run();
  EXPECT_EQ(fired, 1);
  loop.Run();
  EXPECT_EQ(fired, 2);
}

TEST(Timer, FiresInOrderOfTime) {
  Loop loop;
  std::vector<int> order;
  Timer last(loop, [&] { order.push_back(3); });
  Timer first(loop, [&] { order.push_back(1); });
  Timer second(loop, [&] { order.push_back(2); });
  last.Start(milliseconds(20));
  second.Start(milliseconds(5));
  first.Start(milliseconds(0));
  const auto before = loop.Now();
  loop.Run();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  EXPECT_GE(loop.Now() - before, milliseconds(20));
}

TEST(Timer, StopAndRestart) {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.Start(milliseconds(1));
  timer.Stop();
  loop.Run();
  EXPECT_EQ(fired, 0);
  timer.Start(milliseconds(0));
  timer.Start(milliseconds(1));  // replaces the first
  loop.Run();
  EXPECT_EQ(fired, 1);
  timer.Start(milliseconds(0));
  timer.Stop();
  timer.Start(milliseconds(-5));  // past: at once
  loop.Run();
  EXPECT_EQ(fired, 2);
}

TEST(Timer, ZeroIsTheNextTurnSoThatItStarvesNobody) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  bool read = false;
  std::optional<Poll> poll;
  poll.emplace(loop, ends[0], [&] {
    read = true;
    poll.reset();
  });
  int turns = 0;
  std::optional<Timer> timer;
  timer.emplace(loop, [&] {
    if (++turns < 100'000 && !read) timer->Start(milliseconds(0));
  });
  timer->Start(milliseconds(0));
  EXPECT_EQ(turns, 0);
  loop.Run();
  EXPECT_TRUE(read);
  EXPECT_LT(turns, 5);
  close(ends[0]);
  close(ends[1]);
}

TEST(Timer, MayDestroyItself) {
  Loop loop;
  std::unique_ptr<Timer> timer;
  for (const int delay : {0, 1}) {
    int fired = 0;
    timer = std::make_unique<Timer>(loop, [&, big = std::vector<int>(1000, 7)] {
      timer.reset();
      fired += big[999];
    });
    timer->Start(milliseconds(delay));
    loop.Run();
    EXPECT_EQ(fired, 7);
  }
}

TEST(Timer, DestroyingCancels) {
  Loop loop;
  bool fired = false;
  std::optional<Timer> doomed;
  doomed.emplace(loop, [&] { fired = true; });
  Timer killer(loop, [&] { doomed.reset(); });
  killer.Start(milliseconds(1));
  doomed->Start(milliseconds(2));
  loop.Run();
  EXPECT_FALSE(fired);
}

TEST(TestLoop, TimersFireInTheirOrderEachAtItsTime) {
  TestLoop loop;
  std::vector<std::pair<int, int>> fired;  // which, and when
  const auto note = [&](int which) {
    fired.emplace_back(which, static_cast<int>(loop.Now().count()));
  };
  Timer third(loop, [&] { note(3); });
  Timer second(loop, [&] {
    note(2);
    third.Start(milliseconds(1));
  });
  Timer first(loop, [&] { note(1); });
  Timer often(loop, [&] { note(0); });
  second.Start(milliseconds(5000));
  first.Start(milliseconds(5000) - milliseconds(1));
  often.StartRepeating(milliseconds(2500));
  loop.Advance(milliseconds(2499));
  EXPECT_TRUE(fired.empty());
  loop.Advance(milliseconds(2502));
  EXPECT_EQ(fired, (std::vector<std::pair<int, int>>{
                       {0, 2500}, {1, 4999}, {2, 5000}, {0, 5000}, {3, 5001}}));
  EXPECT_EQ(loop.Now(), milliseconds(5001));
}

TEST(TestLoop, WhatATimerSendsArrivesBeforeTheNextFires) {
  TestLoop loop;
  const OwnFolder folder;
  const std::string path = folder.path() + "/socket";
  std::string arrived;
  std::unique_ptr<Stream> server;
  const auto listener = *Listener::OnUnixSocket(loop, path, [&](auto stream) {
    server = std::move(stream);
    server->Serve({.on_data = [&](auto bytes) { arrived.append(bytes.begin(), bytes.end()); },
                   .on_close = [](const Error&) {}});
  });
  std::unique_ptr<Stream> client;
  Timer send(loop, [&] {
    client = Stream::Connect(loop, path, {.on_close = [](const Error&) {}});
    client->Write(std::string_view("sent"));
  });
  std::string seen;
  Timer look(loop, [&] { seen = arrived; });
  send.Start(milliseconds(10));
  look.Start(milliseconds(11));
  loop.Advance(milliseconds(11));
  EXPECT_EQ(seen, "sent");
}

TEST(TestLoop, UntilStopsAtTheFirstTimerThatMakesItSo) {
  TestLoop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.StartRepeating(std::chrono::minutes(1));
  EXPECT_TRUE(loop.Until([&] { return fired == 3; }));
  EXPECT_EQ(loop.Now(), std::chrono::minutes(3));
  EXPECT_FALSE(loop.Until([] { return false; }, milliseconds(5)));
}

TEST(Backoff, DoublesUpToTheMostAndResets) {
  Backoff backoff(milliseconds(100), milliseconds(500));
  for (int round = 0; round < 2; ++round) {
    for (const int base : {100, 200, 400, 500, 500}) {
      const auto delay = backoff.Next();
      EXPECT_GE(delay, milliseconds(base));
      EXPECT_LE(delay, milliseconds(base + base / 4));
    }
    backoff.Reset();
  }
}

}  // namespace
}  // namespace kvs::io
