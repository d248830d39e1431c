#include <algorithm>
#include <random>

#include "kube/api/api_source_test.h"
#include "kube/testing/wire_encode.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;

TEST_P(ApiSourceTest, WaitsAsLongAsTheServerSays) {
  api_.faults = {.status = 429, .retry_after = 2};
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server Pod: " + api_.url() + " of Pod: fault 429");
  Advance(2s - 1ms);
  EXPECT_EQ(api_.counts.requests, 1);
  api_.faults = {};
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty(); }));
}

TEST_P(ApiSourceTest, WaitsNotForHours) {
  api_.faults = {.status = 503, .retry_after = 86400};
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  api_.faults = {};
  Advance(60s - 1ms);
  EXPECT_EQ(api_.counts.requests, 1);
  Advance(1ms);
  EXPECT_TRUE(Until([&] { return pods_->synced && problems_.empty(); }));
}

TEST_P(ApiSourceTest, SaysThatThisMachinesClockIsWrong) {
  api_.faults.clock_ahead = 3600s;
  OpenAndSync();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(problems_.front().object, "Host");
  EXPECT_EQ(problems_.front().field, "clock");
  EXPECT_NE(Trouble().find(" s behind the API server's"), std::string::npos) << Trouble();
  // Every answer has a date.
  const auto write = [&](std::chrono::seconds ahead) {
    api_.faults.clock_ahead = ahead;
    source_->Apply(NewConfig("node1", 1), "agent", [](const Result<>&) {});
  };
  write(-3600s);
  EXPECT_TRUE(Until([&] { return Trouble().find(" s ahead of") != std::string::npos; }));
  write(2s);
  EXPECT_TRUE(Until([&] { return problems_.empty(); }));
}

TEST_P(ApiSourceTest, SaysWhyNothingComesAndWhatToDo) {
  OpenAndSync();
  const auto trouble_of = [&](int status) {
    fixture_.Break();
    api_.faults.status = status;
    api_.Put(NewPod("a", fmt::format("node{}", status)));
    fixture_.Repair();
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
  EXPECT_EQ(
      trouble_of(403),
      server +
          "fault 403; apply k-vswitch's manifest again, which has the permissions that it needs");
  EXPECT_EQ(trouble_of(404), server + "HTTP status 404 without a reason");
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSourceTest, SaysThatTheDefinitionIsMissing) {
  api_.faults.status = 404;
  Open(Kind::kVSwitchConfig);
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server VSwitchConfig: " + api_.url() +
                           " of VSwitchConfig: HTTP status 404 without a reason; the VSwitchConfig "
                           "CRD is not installed: "
                           "kubectl apply -f k-vswitch.yaml");
}

TEST_P(ApiSourceTest, ASlowServerIsWaitedFor) {
  api_.faults.delay = 300ms;
  PutPods(3);
  OpenAndSync();
  api_.Put(NewPod("a"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSourceTest, AServerThatDoesNotAnswerIsNotWaitedForForever) {
  fixture_.options.timeouts.answer = 1000ms;
  api_.faults.stall = true;
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server Pod: GET " + api_.url() + "/api/v1/pods: Timeout was reached");
  api_.faults.stall = false;
  ASSERT_TRUE(Until([&] { return pods_->synced && api_.watches() == 1 && problems_.empty(); }));

  api_.CutWatches();  // the watch is one that doesn't begin
  api_.faults.stall = true;
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_EQ(Trouble(), "API server Pod: " + api_.url() + ": no answer to the watch of Pod");
  api_.Put(NewPod("b"));
  api_.faults.stall = false;
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSourceTest, AWatchThatFallsSilentIsMadeAgain) {
  fixture_.options.timeouts.silence = 150ms;
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

TEST_P(ApiSourceTest, AnswersCutOffAreAskedForAgain) {
  api_.faults.cut_answers = true;
  PutPods(100);
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  EXPECT_FALSE(pods_->synced);
  api_.faults.cut_answers = false;
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty() && Knows(); }));
}

TEST_P(ApiSourceTest, SomethingElseThanAListIsTrouble) {
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

TEST_P(ApiSourceTest, SomethingElseThanAnEventMakesItListAnew) {
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

TEST_P(ApiSourceTest, BadObjectsInAWatchAreProblemsUntilTheyAreRepaired) {
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

TEST_P(ApiSourceTest, AWriteDuringAnOutageFailsAndNamesItsObject) {
  OpenAndSync();
  fixture_.Break();
  Answer write, erase;
  source_->Apply(NewConfig("node1", 1), "controller", write.Done());
  source_->Delete(Kind::kVSwitchConfig, "node2", "controller", erase.Done());
  ASSERT_TRUE(Until([&] { return write.text && erase.text; }));
  const std::string path = api_.url() + "/apis/kvswitch.io/v1alpha1/vswitchconfigs/";
  EXPECT_EQ(*write.text,
            "VSwitchConfig/node1: PATCH " + path + "node1: Couldn't connect to server");
  EXPECT_EQ(*erase.text,
            "VSwitchConfig/node2: DELETE " + path + "node2: Couldn't connect to server");
}

TEST_P(ApiSourceTest, AWriteThatIsRefusedSaysWhy) {
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

TEST_P(ApiSourceTest, WritesKeepTheirOrderUnderFaults) {
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
