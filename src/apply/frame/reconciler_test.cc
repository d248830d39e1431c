#include "apply/frame/reconciler_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apply/frame/fake_target.h"
#include "io/test_loop.h"

// What the frame owes every target, whatever goes wrong with it.
namespace kvs::apply {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Lamp {
  int number = 0;
  std::string color;
  int id() const { return number; }
  friend bool operator==(const Lamp&, const Lamp&) = default;
};

class ReconcilerTest : public testing::Test {
 protected:
  void Make(Pace::Limits limits = {.most_repairs = 3}) {
    reconciler_ = std::make_unique<ReconcilerOf<Lamp>>(
        loop_, target_,
        ReconcilerOptions{.name = "lamps",
                          .essential = true,
                          .revision = [this] { return revision_; },
                          .on_change = [this] { ++told_; },
                          .writer = [] { return std::string("process 7, sparrow"); },
                          .limits = limits},
        desired_);
  }
  // A reconciler in sync with `lamps`.
  void InSyncWith(std::vector<Lamp> lamps) {
    Make();
    Want(std::move(lamps));
    reconciler_->Begin();
    ASSERT_EQ(reconciler_->applied(), revision_);
    target_.changes.clear();
  }
  void Want(std::vector<Lamp> lamps) {
    desired_.Set(std::move(lamps));
    ++revision_;
  }
  std::vector<std::pair<int, std::string>> There() const {
    std::vector<std::pair<int, std::string>> lamps;
    for (const auto& [number, found] : target_.there) lamps.emplace_back(number, found.item.color);
    return lamps;
  }
  void Put(Lamp lamp, bool whole = true) { target_.there[lamp.number] = {lamp, whole}; }
  std::string Problem() const {
    const auto problems = reconciler_->Problems();
    return problems.empty() ? "" : problems.front().ToString();
  }
  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }

  io::TestLoop loop_;
  engine::Desired<Lamp> desired_;
  FakeTarget<Lamp> target_;
  uint64_t revision_ = 0;
  int told_ = 0;
  std::unique_ptr<ReconcilerOf<Lamp>> reconciler_;
};

TEST_F(ReconcilerTest, TouchesNothingBeforeItMayBegin) {
  Make();
  Put({9, "of another time"});
  Want({{1, "red"}});
  reconciler_->Reconcile();
  reconciler_->Resync();
  reconciler_->Audit();
  loop_.Advance(1h);
  EXPECT_EQ(target_.dumps + target_.applies, 0u);
  EXPECT_EQ(reconciler_->applied(), 0u);
  reconciler_->Begin();
  EXPECT_THAT(There(), ElementsAre(std::pair(1, "red")));
  EXPECT_EQ(reconciler_->applied(), 1u);
  EXPECT_EQ(reconciler_->counters().repairs, 0u) << "what is found at first is no drift";
}

TEST_F(ReconcilerTest, AStartThatFindsAllAsItShouldBeChangesNothing) {
  Put({1, "red"});
  InSyncWith({{1, "red"}});
  EXPECT_EQ(target_.applies, 0u);
}

TEST_F(ReconcilerTest, SendsWhatChangedAndReadsNothing) {
  InSyncWith({{1, "red"}, {2, "blue"}});
  const size_t dumps = target_.dumps;
  Want({{2, "green"}, {3, "white"}});
  reconciler_->Reconcile();
  EXPECT_EQ(target_.dumps, dumps);
  EXPECT_THAT(
      target_.changes,
      ElementsAre(std::pair(std::optional(Lamp{1, "red"}), std::optional<Lamp>()),
                  std::pair(std::optional(Lamp{2, "blue"}), std::optional(Lamp{2, "green"})),
                  std::pair(std::optional<Lamp>(), std::optional(Lamp{3, "white"}))));
  EXPECT_EQ(reconciler_->applied(), revision_);
}

TEST_F(ReconcilerTest, ARevisionWithoutChangeIsReached) {
  InSyncWith({{1, "red"}});
  const int told = told_;
  ++revision_;
  reconciler_->Reconcile();
  EXPECT_EQ(reconciler_->applied(), revision_);
  EXPECT_EQ(told_, told + 1);
  reconciler_->Reconcile();
  EXPECT_EQ(told_, told + 1) << "nothing new is nothing to tell";
}

TEST_F(ReconcilerTest, WhatChangesWhileADeltaIsUnderWayFollowsIt) {
  InSyncWith({});
  target_.waits = true;
  Want({{1, "red"}});
  reconciler_->Reconcile();
  Want({{1, "blue"}, {2, "blue"}});
  reconciler_->Reconcile();
  EXPECT_EQ(target_.applies, 1u);
  target_.Answer();
  EXPECT_EQ(reconciler_->applied(), revision_ - 1);
  target_.Answer();
  EXPECT_EQ(reconciler_->applied(), revision_);
  EXPECT_THAT(There(), ElementsAre(std::pair(1, "blue"), std::pair(2, "blue")));
}

TEST_F(ReconcilerTest, DriftIsMendedAndCounted) {
  InSyncWith({{1, "red"}, {2, "blue"}, {3, "white"}});
  Put({1, "black"});         // changed
  target_.there.erase(2);    // vanished
  Put({3, "white"}, false);  // with parts of somebody else
  Put({4, "of somebody"});   // besides
  reconciler_->Resync();
  ASSERT_TRUE(Until([&] { return There().size() == 3; }));
  EXPECT_THAT(There(),
              ElementsAre(std::pair(1, "red"), std::pair(2, "blue"), std::pair(3, "white")));
  EXPECT_TRUE(target_.there[3].whole);
  EXPECT_EQ(reconciler_->counters().repairs, 4u);
  EXPECT_THAT(reconciler_->Problems(), IsEmpty());
}

TEST_F(ReconcilerTest, ANewDesiredItemIsNoDrift) {
  InSyncWith({{1, "red"}});
  Want({{1, "red"}, {2, "blue"}});
  reconciler_->Resync();  // dumps before Reconcile() is called
  ASSERT_TRUE(Until([&] { return There().size() == 2; }));
  EXPECT_EQ(reconciler_->counters().repairs, 0u);
  EXPECT_EQ(reconciler_->applied(), revision_);
}

TEST_F(ReconcilerTest, ManyNoticesAreOneLook) {
  InSyncWith({{1, "red"}});
  const size_t dumps = target_.dumps;
  for (int i = 0; i < 100; ++i) reconciler_->Resync();
  loop_.Advance(1h);
  EXPECT_EQ(target_.dumps, dumps + 1);
}

TEST_F(ReconcilerTest, WhatIsSeenIsMendedWithoutALookAtTheRest) {
  InSyncWith({{1, "red"}, {2, "blue"}});
  const size_t dumps = target_.dumps;
  target_.there.erase(1);
  reconciler_->Saw<Lamp>(1, std::nullopt);
  Put({2, "black"});
  reconciler_->Saw<Lamp>(2, Found<Lamp>{{2, "black"}});
  Put({5, "besides"});
  reconciler_->Saw<Lamp>(5, Found<Lamp>{{5, "besides"}});
  ASSERT_TRUE(Until([&] { return reconciler_->counters().repairs == 3; }));
  EXPECT_THAT(There(), ElementsAre(std::pair(1, "red"), std::pair(2, "blue")));
  reconciler_->Saw<Lamp>(1, Found<Lamp>{{1, "red"}});
  loop_.Advance(1h);
  EXPECT_EQ(target_.dumps, dumps);
  EXPECT_EQ(reconciler_->counters().repairs, 3u);
}

TEST_F(ReconcilerTest, WhatIsSeenWhileADeltaIsUnderWayIsMendedAfterIt) {
  InSyncWith({{1, "red"}});
  target_.waits = true;
  Want({{1, "red"}, {2, "blue"}});
  reconciler_->Reconcile();
  target_.there.erase(1);
  reconciler_->Saw<Lamp>(1, std::nullopt);
  target_.waits = false;
  while (target_.Answer()) {
  }
  ASSERT_TRUE(Until([&] { return There().size() == 2; }));
}

TEST_F(ReconcilerTest, OneRefusalHoldsUpNothingElse) {
  for (const bool all_or_nothing : {false, true}) {
    SCOPED_TRACE(all_or_nothing);
    target_ = {};
    target_.all_or_nothing = all_or_nothing;
    target_.refuses = {2, 3};
    InSyncWith({{1, "red"}, {2, "blue"}, {3, "white"}, {4, "green"}});
    EXPECT_THAT(There(), ElementsAre(std::pair(1, "red"), std::pair(4, "green")));
    EXPECT_EQ(reconciler_->refused(), 2u);
    EXPECT_TRUE(reconciler_->Refused<Lamp>(2));
    EXPECT_FALSE(reconciler_->Refused<Lamp>(1));
    EXPECT_EQ(Problem(), "Fake item: refused");

    Want({{1, "black"}, {2, "blue"}, {3, "white"}, {4, "green"}});
    reconciler_->Reconcile();
    EXPECT_EQ(target_.there[1].item.color, "black");
    EXPECT_EQ(reconciler_->applied(), revision_);
    reconciler_ = nullptr;
  }
}

TEST_F(ReconcilerTest, WhatWasRefusedIsAskedAgainAndIsDoneWhenItCan) {
  target_.refuses = {2};
  InSyncWith({{1, "red"}, {2, "blue"}});
  const size_t applies = target_.applies;
  loop_.Advance(7s - 1ms);  // 1 s, 2 s
  EXPECT_EQ(target_.applies, applies + 2);
  loop_.Advance(1ms);  // 4 s
  EXPECT_EQ(target_.applies, applies + 3);
  EXPECT_EQ(reconciler_->refused(), 1u);
  target_.refuses.clear();
  ASSERT_TRUE(Until([&] { return reconciler_->refused() == 0; }));
  EXPECT_THAT(There(), SizeIs(2));
  EXPECT_THAT(reconciler_->Problems(), IsEmpty());
}

TEST_F(ReconcilerTest, ANoticeAsksAtOnceForWhatWasRefused) {
  Make({.first_retry = 1h, .last_retry = 1h});
  target_.refuses = {2};
  Want({{2, "blue"}});
  reconciler_->Begin();
  target_.refuses.clear();
  reconciler_->Resync();
  ASSERT_TRUE(Until([&] { return There().size() == 1; }));
}

TEST_F(ReconcilerTest, AnotherItemInPlaceOfARefusedOneIsTriedAtOnce) {
  Make({.first_retry = 1h, .last_retry = 1h});
  target_.refuses = {2};
  Want({{2, "blue"}});
  reconciler_->Begin();
  target_.refuses.clear();
  Want({{2, "green"}});
  reconciler_->Reconcile();
  EXPECT_THAT(There(), ElementsAre(std::pair(2, "green")));
  EXPECT_EQ(reconciler_->refused(), 0u);
}

TEST_F(ReconcilerTest, WhatIsNoLongerWantedIsNoLongerRefused) {
  target_.refuses = {2};
  InSyncWith({{2, "blue"}});
  Want({});
  reconciler_->Reconcile();
  reconciler_->Resync();
  ASSERT_TRUE(Until([&] { return reconciler_->refused() == 0; }));
}

TEST_F(ReconcilerTest, AfterALostReplyItLooksRatherThanGuesses) {
  InSyncWith({{1, "red"}});
  const uint64_t before = reconciler_->applied();
  target_.loses_replies = true;
  Want({{2, "blue"}});
  reconciler_->Reconcile();
  EXPECT_EQ(reconciler_->applied(), before) << "it is not known to be in effect";
  EXPECT_EQ(Problem(), "Host lamps: the reply was lost");
  EXPECT_TRUE(reconciler_->Problems().front().blocking);
  target_.loses_replies = false;
  ASSERT_TRUE(Until([&] { return reconciler_->applied() == revision_; }));
  EXPECT_THAT(There(), ElementsAre(std::pair(2, "blue")));
  EXPECT_THAT(target_.changes, SizeIs(2)) << "nothing was sent twice";
  EXPECT_THAT(reconciler_->Problems(), IsEmpty());
}

TEST_F(ReconcilerTest, FailuresAreTriedAgain) {
  InSyncWith({});
  target_.fails = true;
  Want({{1, "red"}});
  reconciler_->Reconcile();
  const size_t applies = target_.applies;
  ASSERT_TRUE(Until([&] { return target_.applies >= applies + 3; }));
  target_.unreadable = true;
  const size_t dumps = target_.dumps;
  ASSERT_TRUE(Until([&] { return target_.dumps >= dumps + 3; }));
  EXPECT_EQ(Problem(), "Host lamps: the target is unreadable");
  target_.fails = target_.unreadable = false;
  ASSERT_TRUE(Until([&] { return reconciler_->applied() == revision_; }));
}

TEST_F(ReconcilerTest, AnAnswerOfALostConnectionSaysNothing) {
  InSyncWith({{1, "red"}});
  target_.waits = true;
  Want({{2, "blue"}});
  reconciler_->Reconcile();
  reconciler_->Disconnected();
  EXPECT_EQ(reconciler_->applied(), 0u);
  EXPECT_THAT(reconciler_->Problems(), IsEmpty()) << "whoever lost the connection tells of it";
  target_.Answer();
  EXPECT_EQ(reconciler_->applied(), 0u);
  reconciler_->Resync();
  reconciler_->Audit();
  loop_.Advance(1h);
  EXPECT_EQ(reconciler_->applied(), 0u);
  target_.waits = false;
  const uint64_t repairs = reconciler_->counters().repairs;
  target_.there.clear();  // it was another one's start
  reconciler_->Connected();
  EXPECT_EQ(reconciler_->applied(), revision_);
  EXPECT_THAT(There(), ElementsAre(std::pair(2, "blue")));
  EXPECT_EQ(reconciler_->counters().repairs, repairs);
}

TEST_F(ReconcilerTest, ATargetThatIsNotConnectedYetIsWaitedFor) {
  Make();
  reconciler_->Disconnected();
  Want({{1, "red"}});
  reconciler_->Begin();
  EXPECT_EQ(target_.dumps, 0u);
  reconciler_->Connected();
  EXPECT_EQ(reconciler_->applied(), revision_);
}

TEST_F(ReconcilerTest, WhoUndoesEverythingIsNamedAndNotFoughtWithoutEnd) {
  InSyncWith({{1, "red"}});
  for (int i = 0; i < 3; ++i) {
    target_.there.clear();
    reconciler_->Resync();
    ASSERT_TRUE(Until([&] { return There().size() == 1; }));
  }
  target_.there.clear();
  reconciler_->Resync();
  loop_.Advance(10s - 1ms);
  EXPECT_THAT(There(), IsEmpty()) << "now it waits";
  EXPECT_NE(Problem().find("(process 7, sparrow)"), std::string::npos) << Problem();
  Want({{1, "red"}, {2, "blue"}});
  reconciler_->Reconcile();
  EXPECT_THAT(There(), ElementsAre(std::pair(2, "blue"))) << "but new desired items do not wait";
  loop_.Advance(1ms);
  EXPECT_THAT(There(), SizeIs(2));
}

TEST_F(ReconcilerTest, AuditsWhenNobodyToldOfAChange) {
  Make({.audit = 4s});
  Want({{1, "red"}});
  reconciler_->Begin();
  target_.there.clear();
  loop_.Advance(4s - 1ms);
  reconciler_->Audit();
  EXPECT_THAT(There(), IsEmpty());
  loop_.Advance(1ms);
  reconciler_->Audit();
  EXPECT_THAT(There(), SizeIs(1));
}

TEST_F(ReconcilerTest, AskedTwiceItDoesThingsOnce) {
  InSyncWith({{1, "red"}});
  Want({{2, "blue"}});
  reconciler_->Begin();
  reconciler_->Reconcile();
  reconciler_->Reconcile();
  EXPECT_THAT(target_.changes, SizeIs(2));
}

}  // namespace
}  // namespace kvs::apply
