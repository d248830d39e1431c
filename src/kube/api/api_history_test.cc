#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/own_folder.h"
#include "io/test_loop.h"
#include "kube/testing/api_fixture.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;

constexpr int kWorlds = 16, kSteps = 250;

// A server and who watches it, to whom anything happens. In the end it is well, and all must know
// what is there; what they may not be told on the way is RecordingWatcher's to say.
class World {
 public:
  World(io::Loop& loop, int number, const std::string& folder)
      : loop_(loop),
        random_(static_cast<unsigned>(number)),
        fixture_(number % 2 == 0 ? Wire::kJson : Wire::kProtobuf, number),
        step_(loop, [this] { Step(); }) {
    fixture_.options.timeouts = {.answer = 1000ms, .silence = 1500ms};
    if (number % 3 == 0) fixture_.options.folder = fmt::format("{}/{}", folder, number);
    Open();
    step_.Start(0ms);
  }

  bool ended() const { return steps_ == kSteps; }
  bool Knows() const {
    return problems_.empty() && std::ranges::all_of(audiences_, [this](const auto& one) {
             return one->synced && one->Knows(api_);
           });
  }
  // What happened, and what is wrong with it.
  std::string Log() const {
    std::string text = fmt::format("{}", fmt::join(log_, " "));
    for (const Problem& problem : problems_) text += "\n" + problem.ToString();
    for (const auto& one : audiences_)
      text += fmt::format("\nsynced {}, knows {}", one->synced, one->Knows(api_));
    return text;
  }
  int puts = 0;

 private:
  unsigned Any(unsigned below) { return random_() % below; }

  void Open() {
    problem_watch_.reset();
    audiences_.clear();
    source_.reset();
    source_ = fixture_.Open(loop_);
    problems_.clear();
    problem_watch_ = source_->WatchProblems([this](const auto& now) { problems_ = now; });
    Watch();
  }
  void Watch() { audiences_.push_back(std::make_unique<RecordingWatcher>(*source_, Kind::kPod)); }

  std::string AnyName() { return fmt::format("p{}", Any(12)); }
  Pod AnyPod(const std::string& name) {
    return {.meta = {.name = name, .ns = "default"}, .node_name = fmt::format("n{}", Any(4))};
  }

  void Step() {
    if (++steps_ == kSteps) return End();
    step_.Start(std::chrono::milliseconds(Any(14)));
    const std::string did = Act();
    if (!did.empty()) log_.push_back(did);
  }

  std::string Act() {
    const std::string name = AnyName();
    const Ref ref{Kind::kPod, "default/" + name};
    switch (Any(30)) {
      case 0:
      case 1:
        if (!there_.erase(name)) return {};
        bad_.erase(name);
        api_.Erase(ref);
        return "erase:" + name;
      case 2:
        there_.insert(name);
        bad_.insert(name);
        api_.PutBad(ref);
        return "bad:" + name;
      case 3:
        api_.CutWatches();
        return "cut";
      case 4:
        api_.faults.cut_events = Any(2) == 0;
        return "halves";
      case 5:
        api_.Compact();
        return "compact";
      case 6:
        api_.SendBookmarks();
        return "bookmarks";
      case 7:
        if (Any(3) != 0) return {};
        up_ ? fixture_.Break() : fixture_.Repair();
        up_ = !up_;
        return up_ ? "up" : "down";
      case 8:
        api_.faults.status = std::array{0, 0, 0, 403, 429, 500, 503}[Any(7)];
        return fmt::format("status:{}", api_.faults.status);
      case 9:
        api_.faults.cut_answers = Any(3) == 0;
        return "truncate";
      case 10:
        api_.faults.stall = Any(4) == 0;
        return api_.faults.stall ? "stall" : "go";
      case 11:
        api_.faults.delay = std::chrono::milliseconds(Any(2) * Any(40));
        return "delay";
      case 12:
        api_.faults.gone_as_status = Any(2) == 0;
        return "gone";
      case 13:
        api_.faults.most_items = 1 + Any(6);
        return "pages";
      case 14:
        if (Any(4) != 0) return {};
        api_.SendRaw("\xff\xfe nonsense\n");
        return "nonsense";
      case 15:
        if (audiences_.size() > 3) audiences_.erase(audiences_.begin());
        Watch();
        return "watch";
      case 16:
        if (Any(5) != 0) return {};
        Open();
        return "restart";
      default:
        ++puts;
        there_.insert(name);
        bad_.erase(name);
        api_.Put(AnyPod(name));
        return "put:" + name;
    }
  }

  void End() {
    api_.faults = {};
    if (!up_) fixture_.Repair();
    for (const std::string& name : bad_) api_.Put(AnyPod(name));
  }

  io::Loop& loop_;
  std::mt19937 random_;
  ApiFixture fixture_;
  FakeApiServer& api_ = fixture_.api;
  io::Timer step_;
  bool up_ = true;
  int steps_ = 0;
  std::set<std::string> there_, bad_;
  std::vector<std::string> log_;
  std::vector<Problem> problems_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Subscription> problem_watch_;
  std::vector<std::unique_ptr<RecordingWatcher>> audiences_;
};

// Many at once, as most of their time is waiting.
TEST(ApiHistory, WhoeverWatchesKnowsInTheEndAndIsToldNothingTwice) {
  const OwnFolder folder;
  io::TestLoop loop;
  std::vector<std::unique_ptr<World>> worlds;
  for (int i = 0; i < kWorlds; ++i)
    worlds.push_back(std::make_unique<World>(loop, i, folder.path()));
  loop.Until(
      [&] {
        return std::ranges::all_of(worlds,
                                   [](const auto& one) { return one->ended() && one->Knows(); });
      },
      60s);
  for (const auto& world : worlds) {
    EXPECT_TRUE(world->ended() && world->Knows()) << world->Log();
    EXPECT_GT(world->puts, kSteps / 5);
  }
}

}  // namespace
}  // namespace kvs::kube
