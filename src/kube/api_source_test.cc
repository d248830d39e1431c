#include "kube/api_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>

#include "kube/api_ground.h"
#include "kube/wire_encode.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

INSTANTIATE_TEST_SUITE_P(ApiJson, SourceConformance, testing::Values(MakeGround([] {
                           return std::make_unique<ApiGround>(Wire::kJson);
                         })));
INSTANTIATE_TEST_SUITE_P(ApiProtobuf, SourceConformance, testing::Values(MakeGround([] {
                           return std::make_unique<ApiGround>(Wire::kProtobuf);
                         })));

// What only the API source does: mostly, survive a server and a network that misbehave.
class ApiSource : public testing::TestWithParam<Wire> {
 protected:
  ApiSource() {
    char path[] = "/tmp/kvs-api-XXXXXX";
    folder_ = mkdtemp(path);
  }
  ~ApiSource() override {
    pods_.reset();
    source_.reset();
    fs::remove_all(folder_);
  }

  void Open(Kind kind = Kind::kPod) {
    pods_.reset();
    source_.reset();
    problems_.clear();
    source_ = ground_.Open(loop_);
    problem_watch_ = source_->WatchProblems([this](const auto& now) { problems_ = now; });
    pods_.emplace(*source_, kind);
  }
  void OpenAndSync() {
    Open();
    ASSERT_TRUE(Until([&] { return pods_->synced && api_.watches() == 1 && Knows(); }));
  }
  bool Knows() const { return pods_->Knows(api_); }

  bool Until(const std::function<bool()>& condition) {
    io::Timer poll(loop_, [&] {
      if (condition()) loop_.Stop();
    });
    io::Timer end(loop_, [&] { loop_.Stop(); });
    poll.StartRepeating(2ms);
    end.Start(30s);
    loop_.Run();
    return condition();
  }
  void RunFor(std::chrono::milliseconds time) {
    io::Timer end(loop_, [&] { loop_.Stop(); });
    end.Start(time);
    loop_.Run();
  }
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
  // The answer of a write.
  struct Answer {
    std::optional<std::string> text;
    Source::Done Done() {
      return [this](const Result<>& done) {
        EXPECT_FALSE(text) << "answered twice";
        text = done ? "done" : done.error().message;
      };
    }
  };

  io::Loop loop_;
  std::string folder_;
  ApiGround ground_{GetParam()};
  FakeApiServer& api_ = ground_.api;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Subscription> problem_watch_;
  std::vector<Problem> problems_;
  std::optional<Audience> pods_;
};

INSTANTIATE_TEST_SUITE_P(Json, ApiSource, testing::Values(Wire::kJson));
INSTANTIATE_TEST_SUITE_P(Protobuf, ApiSource, testing::Values(Wire::kProtobuf));

TEST_P(ApiSource, WaitsForAServerThatIsDownAtTheStart) {
  ground_.up_at_start = false;
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_TRUE(Trouble().starts_with("API server Pod: GET " + api_.url() +
                                    "/api/v1/pods: Failed to connect"))
      << Trouble();
  EXPECT_FALSE(pods_->synced);
  ground_.Mend();
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty() && Knows(); }));
}

TEST_P(ApiSource, GoesOnWithWhatWasKnownWhileTheServerIsDown) {
  ground_.options.folder = folder_ + "/known";
  PutPods(20);
  api_.PutBad({Kind::kPod, "default/bad"});
  OpenAndSync();
  ASSERT_TRUE(Until([&] { return fs::exists(folder_ + "/known/Pod.json"); }));
  api_.Put(NewPod("p7", "node7"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  RunFor(1500ms);  // until that is kept too
  ground_.Break();

  const auto before = pods_->objects;
  Open();
  ASSERT_TRUE(Until([&] { return pods_->synced && !problems_.empty(); }));
  EXPECT_EQ(pods_->objects, before);
  EXPECT_NE(Trouble().find("; working with what was known at 20"), std::string::npos) << Trouble();

  api_.Erase({Kind::kPod, "default/p0"});  // and stale facts are corrected
  api_.Erase({Kind::kPod, "default/bad"});
  api_.Put(NewPod("p1", "node2"));
  api_.Put(NewPod("new"));
  const int puts = pods_->puts;
  ground_.Mend();
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  EXPECT_EQ(pods_->puts - puts, 2);
  EXPECT_EQ(pods_->erases, 1);
}

TEST_P(ApiSource, WhatCannotBeReadWasNotKnown) {
  ground_.options.folder = folder_;
  ground_.up_at_start = false;
  for (const std::string text :
       {"", "{", "{}", "x", R"({"apiVersion":"v1","kind":"List"})",
        R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod"}]})"}) {
    std::ofstream(folder_ + "/Pod.json") << text;
    Open();
    ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
    RunFor(300ms);
    EXPECT_FALSE(pods_->synced) << text;
    EXPECT_EQ(Trouble().find("working with"), std::string::npos) << Trouble();
  }
}

TEST_P(ApiSource, EveryChangeArrivesThoughTheWatchIsCutAllTheTime) {
  PutPods(50);
  OpenAndSync();
  int changes = 0, cuts = 0;
  io::Timer change(loop_, [&] {
    if (++changes <= 500)
      api_.Put(NewPod(fmt::format("p{}", changes % 70), fmt::format("n{}", changes)));
  });
  io::Timer cut(loop_, [&] {
    api_.faults.cut_events = ++cuts % 2 == 0;  // in the middle of one
    if (!api_.faults.cut_events) api_.CutWatches();
  });
  change.StartRepeating(4ms);
  cut.StartRepeating(50ms);
  ASSERT_TRUE(Until([&] { return changes >= 500; }));
  cut.Stop();
  api_.faults.cut_events = false;
  ASSERT_TRUE(Until([&] { return Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1);
  EXPECT_GT(api_.counts.watches, 10);
  EXPECT_EQ(pods_->puts, 50 + 500);
  EXPECT_EQ(pods_->erases, 0);
}

TEST_P(ApiSource, ListsAnewWithoutAGapWhatTheServerHasForgotten) {
  PutPods(20);
  OpenAndSync();
  for (const bool as_status : {false, true}) {
    api_.faults.gone_as_status = as_status;
    const int puts = pods_->puts, lists = api_.counts.lists, erases = pods_->erases;
    ground_.Break();
    api_.Put(NewPod("p1", fmt::format("node{}", 5 + as_status)));
    api_.Put(NewPod(fmt::format("new{}", as_status)));
    api_.Erase({Kind::kPod, fmt::format("default/p{}", 2 + as_status)});
    api_.Compact();
    ground_.Mend();
    ASSERT_TRUE(Until([&] { return api_.watches() == 1 && problems_.empty() && Knows(); }));
    EXPECT_EQ(api_.counts.lists, lists + 1);
    EXPECT_EQ(pods_->puts, puts + 2);
    EXPECT_EQ(pods_->erases, erases + 1);
  }
}

TEST_P(ApiSource, BookmarksSaveLists) {
  PutPods(3);
  OpenAndSync();
  api_.Put(Node{.meta = {.name = "other"}});  // of another kind: no event
  api_.SendBookmarks();
  RunFor(20ms);
  api_.Compact();
  api_.CutWatches();
  api_.Put(NewPod("a"));
  ASSERT_TRUE(Until([&] { return api_.watches() == 1 && Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSource, BeginsAListAgainWhosePagesAreForgotten) {
  PutPods(1200);
  io::Timer compact(loop_, [&] {
    if (api_.counts.pages == 2 && api_.counts.lists == 1) api_.Compact();
  });
  compact.StartRepeating(1ms);
  api_.faults.delay = 20ms;
  OpenAndSync();
  EXPECT_EQ(api_.counts.lists, 2);
  EXPECT_EQ(pods_->puts, 1200);
  EXPECT_TRUE(problems_.empty());
}

TEST_P(ApiSource, ListsManyInPages) {
  PutPods(5000);
  OpenAndSync();
  EXPECT_EQ(api_.counts.lists, 1);
  EXPECT_EQ(api_.counts.pages, 10);
  EXPECT_EQ(pods_->puts, 5000);
}

TEST_P(ApiSource, WaitsAsLongAsTheServerSays) {
  api_.faults = {.status = 429, .retry_after = 2};
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server Pod: " + api_.url() + " of Pod: fault 429");
  RunFor(1500ms);
  EXPECT_EQ(api_.counts.requests, 1);
  api_.faults = {};
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty(); }));
}

TEST_P(ApiSource, SaysWhyNothingComesAndWhatToDo) {
  OpenAndSync();
  const auto trouble_of = [&](int status) {
    ground_.Break();
    api_.faults.status = status;
    api_.Put(NewPod("a", fmt::format("node{}", status)));
    ground_.Mend();
    EXPECT_TRUE(Until([&] {
      return Trouble().find("fault") != std::string::npos ||
             Trouble().find("HTTP") != std::string::npos;
    }));
    const std::string said = Trouble();
    api_.faults.status = 0;
    EXPECT_TRUE(Until([&] { return problems_.empty() && api_.watches() == 1 && Knows(); }));
    return said;
  };
  const std::string server = "API server Pod: " + api_.url() + " of Pod: ";
  EXPECT_EQ(trouble_of(500), server + "fault 500");
  EXPECT_EQ(trouble_of(403), server +
                                 "fault 403; the rights that k-vswitch needs are in its manifest: "
                                 "apply it again");
  EXPECT_EQ(trouble_of(404), server + "HTTP status 404 without a reason");
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSource, SaysThatTheDefinitionIsMissing) {
  api_.faults.status = 404;
  Open(Kind::kVSwitchConfig);
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server VSwitchConfig: " + api_.url() +
                           " of VSwitchConfig: HTTP status 404 without a reason; install the CRD: "
                           "kubectl apply -f k-vswitch.yaml");
}

TEST_P(ApiSource, ASlowServerIsWaitedFor) {
  api_.faults.delay = 300ms;
  PutPods(3);
  OpenAndSync();
  api_.Put(NewPod("a"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSource, AServerThatDoesNotAnswerIsNotWaitedForForever) {
  ground_.options.patience.answer = 100ms;
  api_.faults.stall = true;
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_NE(Trouble().find("timed out"), std::string::npos) << Trouble();
  api_.faults.stall = false;
  ASSERT_TRUE(Until([&] { return pods_->synced && api_.watches() == 1 && problems_.empty(); }));

  api_.CutWatches();  // the watch is one that doesn't begin
  api_.faults.stall = true;
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server Pod: " + api_.url() + ": the watch of Pod isn't answered");
  api_.Put(NewPod("b"));
  api_.faults.stall = false;
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSource, AWatchThatFallsSilentIsMadeAgain) {
  ground_.options.patience.silence = 150ms;
  PutPods(3);
  OpenAndSync();
  const int connections = api_.connections();
  api_.faults.stall = true;  // the connection is open, and nothing comes
  api_.Put(NewPod("a"));
  api_.faults.stall = false;
  ASSERT_TRUE(Until([&] { return Knows(); }));
  EXPECT_GT(api_.connections(), connections);
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSource, AnswersCutOffAreAskedForAgain) {
  api_.faults.cut_answers = true;
  PutPods(100);
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_FALSE(pods_->synced);
  api_.faults.cut_answers = false;
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty() && Knows(); }));
}

TEST_P(ApiSource, SomethingElseThanAListIsTrouble) {
  for (const std::string& body :
       {std::string("<html>"), std::string("{}"), EncodeList(GetParam(), Kind::kNode, {}, "5"),
        EncodeList(GetParam(), Kind::kPod, {}, ""),
        EncodeStatus(GetParam(), {500, "Tested", "a status", 0})}) {
    api_.faults.body = body;
    Open();
    ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
    EXPECT_TRUE(Trouble().starts_with("API server Pod: " + api_.url() + ": ")) << Trouble();
    EXPECT_FALSE(pods_->synced);
  }
  api_.faults.body.clear();
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty(); }));
}

TEST_P(ApiSource, SomethingElseThanAnEventMakesItListAnew) {
  PutPods(5);
  OpenAndSync();
  const std::string node =
      EncodeObject(GetParam(), Node{.meta = {.name = "p1", .resource_version = "900"}});
  const std::string pod = EncodeObject(GetParam(), NewPod("p1"));
  for (const std::string& bytes :
       {std::string("<html>\n") + std::string(4000, 'x') + "\n", std::string("\xff\xff\xff\xff", 4),
        EncodeEvent(GetParam(), "ADDED", Kind::kNode, node),
        EncodeEvent(GetParam(), "MOVED", Kind::kPod, pod),
        EncodeErrorEvent(GetParam(), {500, "Tested", "an error", 0})}) {
    const int lists = api_.counts.lists;
    api_.SendRaw(bytes);
    if (GetParam() == Wire::kJson) api_.SendRaw("\n");
    api_.Put(NewPod("p2", fmt::format("after {}", lists)));
    ASSERT_TRUE(Until([&] { return api_.counts.lists > lists && api_.watches() == 1 && Knows(); }));
    EXPECT_EQ(api_.counts.lists, lists + 1);
  }
  EXPECT_EQ(pods_->puts, 5 + 5);
  EXPECT_EQ(pods_->erases, 0);
}

TEST_P(ApiSource, BadObjectsInAWatchAreProblemsUntilTheyAreMended) {
  api_.Put(NewPod("a"));
  OpenAndSync();
  api_.PutBad({Kind::kPod, "default/a"});
  api_.PutBad({Kind::kPod, "default/never"});
  ASSERT_TRUE(Until([&] { return problems_.size() == 2; }));
  EXPECT_EQ(pods_->objects.size(), 1u) << "the last good one stays";
  api_.CutWatches();
  api_.Put(NewPod("a", "node2"));
  api_.Put(NewPod("never", "node2"));
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  api_.PutBad({Kind::kPod, "default/a"});
  api_.Erase({Kind::kPod, "default/a"});
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1) << "a bad object is no reason to list anew";
}

TEST_P(ApiSource, ALateWatcherIsToldHowItIsNow) {
  PutPods(5);
  OpenAndSync();
  api_.Erase({Kind::kPod, "default/p0"});
  api_.Put(NewPod("p1", "node2"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  const Audience late(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return late.synced; }));
  EXPECT_TRUE(late.Knows(api_));
  EXPECT_EQ(late.puts, 4);
  api_.Put(NewPod("p1", "node3"));
  ASSERT_TRUE(Until([&] { return late.Knows(api_) && Knows(); }));
  EXPECT_EQ(api_.counts.watches, 1);
}

TEST_P(ApiSource, WatchesNoMoreThanIsWanted) {
  ground_.options.scopes[Kind::kConfigMap] = {"kube-system", "k-vswitch"};
  const auto put = [&](const std::string& ns, const std::string& name, const std::string& value) {
    api_.Put(ConfigMap{{.name = name, .ns = ns}, {{"a", value}}});
  };
  put("kube-system", "k-vswitch", "1");
  put("kube-system", "other", "1");
  put("default", "k-vswitch", "1");
  Open(Kind::kConfigMap);
  ASSERT_TRUE(Until([&] { return pods_->synced && api_.watches() == 1; }));
  put("kube-system", "other", "2");
  put("default", "k-vswitch", "2");
  put("kube-system", "k-vswitch", "2");
  ASSERT_TRUE(Until([&] { return pods_->puts == 2; }));
  RunFor(20ms);
  EXPECT_EQ(pods_->objects.size(), 1u);
  EXPECT_EQ(pods_->puts, 2);
}

TEST_P(ApiSource, AWriteDuringAnOutageFailsAndNamesItsObject) {
  OpenAndSync();
  ground_.Break();
  Answer write, erase;
  source_->Apply(NewConfig("node1", 1), "controller", write.Done());
  source_->Delete(Kind::kVSwitchConfig, "node2", "controller", erase.Done());
  ASSERT_TRUE(Until([&] { return write.text && erase.text; }));
  const std::string path = api_.url() + "/apis/kvswitch.io/v1alpha1/vswitchconfigs/";
  EXPECT_TRUE(
      write.text->starts_with("VSwitchConfig/node1: PATCH " + path + "node1: Failed to connect"))
      << *write.text;
  EXPECT_TRUE(erase.text->starts_with("VSwitchConfig/node2: DELETE " + path)) << *erase.text;
}

TEST_P(ApiSource, AWriteThatIsRefusedSaysWhy) {
  OpenAndSync();
  VSwitchConfig status{.meta = {.name = "node1"}};
  status.status.mtu = 1450;
  Answer missing, unnamed, forbidden, cut, gone;
  source_->Apply(status, "agent", missing.Done());
  source_->Apply(NewConfig("Node_1", 1), "agent", unnamed.Done());
  source_->Delete(Kind::kVSwitchConfig, "node1", "controller", gone.Done());
  ASSERT_TRUE(Until([&] { return missing.text && unnamed.text && gone.text; }));
  EXPECT_EQ(*missing.text, "VSwitchConfig/node1: vswitchconfigs.kvswitch.io \"node1\" not found");
  EXPECT_EQ(*unnamed.text, "VSwitchConfig/Node_1: not a name of an object");
  EXPECT_EQ(*gone.text, "done");
  api_.faults.status = 403;
  source_->Apply(NewConfig("node1", 1), "agent", forbidden.Done());
  ASSERT_TRUE(Until([&] { return forbidden.text.has_value(); }));
  EXPECT_EQ(*forbidden.text, "VSwitchConfig/node1: fault 403");
  api_.faults = {.cut_answers = true};
  source_->Apply(NewConfig("node1", 1), "agent", cut.Done());
  ASSERT_TRUE(Until([&] { return cut.text.has_value(); }));
  EXPECT_TRUE(cut.text->starts_with("VSwitchConfig/node1: PATCH ")) << *cut.text;
}

TEST_P(ApiSource, WritesKeepTheirOrderUnderFaults) {
  OpenAndSync();
  std::mt19937 random(3);
  io::Timer fault(loop_, [&] {
    api_.faults.cut_answers = random() % 3 == 0;
    api_.faults.status = random() % 3 == 0 ? 500 : 0;
    api_.faults.delay = std::chrono::milliseconds(random() % 5);
  });
  fault.StartRepeating(7ms);
  std::vector<int> answered;
  int last_good = 0;
  for (int i = 0; i < 40; ++i)
    source_->Apply(NewConfig("node1", i), "controller", [&, i](const Result<>& done) {
      answered.push_back(i);
      if (done) last_good = i;
    });
  ASSERT_TRUE(Until([&] { return answered.size() == 40; }));
  EXPECT_TRUE(std::ranges::is_sorted(answered));
  const auto objects = api_.Objects(Kind::kVSwitchConfig);
  ASSERT_EQ(objects.size(), 1u);
  const auto& config = std::get<VSwitchConfig>(objects.at("node1"));
  EXPECT_GE(config.spec.pod_cidrs[0].address(), *Ip::Parse(fmt::format("10.1.{}.0", last_good)));
}

}  // namespace
}  // namespace kvs::kube
