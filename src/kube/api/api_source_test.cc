#include "kube/api/api_source_test.h"

#include <boost/json.hpp>
#include <fstream>

#include "base/file.h"
#include "io/fake_http_server.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

INSTANTIATE_TEST_SUITE_P(ApiJson, SourceConformance, testing::Values(MakeFixture([] {
                           return std::make_unique<ApiFixture>(Wire::kJson);
                         })));
INSTANTIATE_TEST_SUITE_P(ApiProtobuf, SourceConformance, testing::Values(MakeFixture([] {
                           return std::make_unique<ApiFixture>(Wire::kProtobuf);
                         })));

INSTANTIATE_TEST_SUITE_P(Json, ApiSourceTest, testing::Values(Wire::kJson));
INSTANTIATE_TEST_SUITE_P(Protobuf, ApiSourceTest, testing::Values(Wire::kProtobuf));

TEST_P(ApiSourceTest, WaitsForAServerThatIsDownAtTheStart) {
  fixture_.up_at_start = false;
  api_.Put(NewPod("a"));
  Open();
  ASSERT_TRUE(Until([&] { return !problems_.empty(); }));
  Advance(1s);  // and retries
  EXPECT_EQ(Trouble(),
            "API server Pod: GET " + api_.url() + "/api/v1/pods: Couldn't connect to server");
  EXPECT_EQ(tellings_, 1) << "the same trouble is told once";
  EXPECT_FALSE(pods_->synced);
  fixture_.Repair();
  ASSERT_TRUE(Until([&] { return pods_->synced && problems_.empty() && Knows(); }));
}

TEST_P(ApiSourceTest, GoesOnWithWhatWasKnownWhileTheServerIsDown) {
  fixture_.options.folder = folder_ + "/known";
  PutPods(20);
  api_.PutBad({Kind::kPod, "default/bad"});
  OpenAndSync();
  ASSERT_TRUE(Until([&] { return fs::exists(folder_ + "/known/Pod.json"); }));
  api_.Put(NewPod("p7", "node7"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  ASSERT_TRUE(Until([&] {  // that is kept too
    return ReadFile(folder_ + "/known/Pod.json").value_or("").find("node7") != std::string::npos;
  }));
  fixture_.Break();

  const auto before = pods_->objects;
  Open();
  ASSERT_TRUE(Until([&] { return pods_->synced && !problems_.empty(); }));
  EXPECT_EQ(pods_->objects, before);
  EXPECT_NE(Trouble().find("; using the configuration cached at 20"), std::string::npos)
      << Trouble();

  api_.Erase({Kind::kPod, "default/p0"});  // and stale facts are corrected
  api_.Erase({Kind::kPod, "default/bad"});
  api_.Put(NewPod("p1", "node2"));
  api_.Put(NewPod("new"));
  const int puts = pods_->puts;
  fixture_.Repair();
  ASSERT_TRUE(Until([&] { return problems_.empty() && Knows(); }));
  EXPECT_EQ(pods_->puts - puts, 2);
  EXPECT_EQ(pods_->erases, 1);
}

TEST_P(ApiSourceTest, WhatCannotBeReadWasNotKnown) {
  fixture_.options.folder = folder_;
  fixture_.up_at_start = false;
  for (const std::string text :
       {"", "{", "{}", "x", R"({"apiVersion":"v1","kind":"List"})",
        R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod"}]})",
        R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"another-kind"}})"}) {
    std::ofstream(folder_ + "/Pod.json") << text;
    testing::internal::CaptureStderr();
    Open();
    EXPECT_TRUE(Until([&] { return !problems_.empty(); }));
    Advance(1s);
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_NE(logged.find("the cached Pods are lost, because " + folder_ + "/Pod.json can't"),
              logged.npos)
        << logged;
    ASSERT_FALSE(problems_.empty());
    EXPECT_FALSE(pods_->synced) << text;
    EXPECT_EQ(Trouble().find("working with"), std::string::npos) << Trouble();
  }
}

TEST_P(ApiSourceTest, EveryChangeArrivesThoughTheWatchIsCutAllTheTime) {
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

TEST_P(ApiSourceTest, ListsAnewWithoutAGapWhatTheServerHasForgotten) {
  PutPods(20);
  OpenAndSync();
  for (const bool as_status : {false, true}) {
    api_.faults.gone_as_status = as_status;
    const int puts = pods_->puts, lists = api_.counts.lists, erases = pods_->erases;
    fixture_.Break();
    api_.Put(NewPod("p1", fmt::format("node{}", 5 + as_status)));
    api_.Put(NewPod(fmt::format("new{}", as_status)));
    api_.Erase({Kind::kPod, fmt::format("default/p{}", 2 + as_status)});
    api_.Compact();
    fixture_.Repair();
    ASSERT_TRUE(Until([&] { return api_.watches() == 1 && problems_.empty() && Knows(); }));
    EXPECT_EQ(api_.counts.lists, lists + 1);
    EXPECT_EQ(pods_->puts, puts + 2);
    EXPECT_EQ(pods_->erases, erases + 1);
  }
}

TEST_P(ApiSourceTest, BookmarksSaveLists) {
  PutPods(3);
  OpenAndSync();
  api_.Put(Node{.meta = {.name = "other"}});  // of another kind: no event
  api_.SendBookmarks();
  Advance(20ms);
  api_.Compact();
  api_.CutWatches();
  api_.Put(NewPod("a"));
  ASSERT_TRUE(Until([&] { return api_.watches() == 1 && Knows(); }));
  EXPECT_EQ(api_.counts.lists, 1);
}

TEST_P(ApiSourceTest, BeginsAListAgainWhosePagesAreForgotten) {
  PutPods(1200);
  io::Timer compact(loop_, [&] {
    if (api_.counts.pages != 2) return;
    api_.Erase({Kind::kPod, "default/p0"});  // of the first page
    api_.Compact();
    compact.Stop();
  });
  compact.StartRepeating(1ms);
  api_.faults.delay = 20ms;
  OpenAndSync();
  EXPECT_EQ(api_.counts.lists, 2);
  EXPECT_EQ(pods_->puts, 1199);
  EXPECT_TRUE(problems_.empty());
}

TEST_P(ApiSourceTest, ListsManyInPages) {
  PutPods(5000);
  OpenAndSync();
  EXPECT_EQ(api_.counts.lists, 1);
  EXPECT_EQ(api_.counts.pages, 10);
  EXPECT_EQ(pods_->puts, 5000);
}

TEST_P(ApiSourceTest, ALateWatcherIsToldHowItIsNow) {
  PutPods(5);
  OpenAndSync();
  api_.Erase({Kind::kPod, "default/p0"});
  api_.Put(NewPod("p1", "node2"));
  ASSERT_TRUE(Until([&] { return Knows(); }));
  const RecordingWatcher late(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return late.synced; }));
  EXPECT_TRUE(late.Knows(api_));
  EXPECT_EQ(late.puts, 4);
  api_.Put(NewPod("p1", "node3"));
  ASSERT_TRUE(Until([&] { return late.Knows(api_) && Knows(); }));
  EXPECT_EQ(api_.counts.watches, 1);
}

TEST_P(ApiSourceTest, WatchesNoMoreThanIsWanted) {
  fixture_.options.scopes[Kind::kConfigMap] = {"kube-system", "k-vswitch"};
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
  Advance(20ms);
  EXPECT_EQ(pods_->objects.size(), 1u);
  EXPECT_EQ(pods_->puts, 2);
}

TEST(ApiSourceRefusal, OneWithoutEndIsCut) {
  io::TestLoop loop;
  io::FakeHttpServer server;
  server.Start(loop, [&](const auto& request, const auto& peer) {
    if (!request.query.contains("watch"))
      return peer->Answer(200, "application/json",
                          R"({"apiVersion":"v1","kind":"PodList","items":[],)"
                          R"("metadata":{"resourceVersion":"1"}})");
    peer->Begin(403, "text/plain");
    for (int i = 0; i < 20; ++i) peer->Send(std::string(size_t{1} << 16, 'x'));
  });
  ApiClient client(loop, {.servers = {"http://" + server.address()}});
  const auto source = OpenApi(loop, client, {});
  std::string trouble;
  const auto problems = source->WatchProblems(
      [&](const std::vector<Problem>& now) { trouble = now.empty() ? "" : now.front().message; });
  const auto pods = source->Watch<Pod>(
      {.on_put = [](const Pod&) {}, .on_erase = [](const std::string&) {}, .on_synced = {}});
  ASSERT_TRUE(loop.Until([&] { return !trouble.empty(); }));
  EXPECT_NE(trouble.find("HTTP status 403 without a reason"), trouble.npos) << trouble;
}

TEST(ApiSourceEvents, ALongNoteIsCutBetweenLetters) {
  io::TestLoop loop;
  io::FakeHttpServer server;
  std::string posted;
  server.Start(loop, [&](const auto& request, const auto& peer) {
    posted = request.body;
    peer->Answer(201, "application/json", "{}");
  });
  ApiClient client(loop, {.servers = {"http://" + server.address()}});
  const auto source = OpenApi(loop, client, {});
  std::string note = "x";
  for (int i = 0; i < 600; ++i) note += "ü";
  source->Report({.regarding = {Kind::kNode, "node1"}, .instance = "node1", .note = note});
  ASSERT_TRUE(loop.Until([&] { return !posted.empty(); }));
  const auto event = boost::json::parse(posted);
  EXPECT_EQ(event.at("note").as_string(), note.substr(0, 1023));
}

TEST(ApiSource, AsksForNoMoreThanItsScope) {
  io::TestLoop loop;
  io::FakeHttpServer server{52};
  io::FakeHttpServer::Request asked;
  server.Start(loop, [&](const io::FakeHttpServer::Request& request, const auto& peer) {
    asked = request;
    peer->Answer(404, "application/json", "{}");
  });
  ApiClient client(loop, {.servers = {"http://" + server.address()}});
  ApiOptions options;
  options.scopes[Kind::kPod] = {"kube-system", "", "app=web,tier=front"};
  const auto source = OpenApi(loop, client, options);
  const auto watch = source->Watch(Kind::kPod, {[](const Object&) {}, [](const auto&) {}, {}});
  ASSERT_TRUE(loop.Until([&] { return !asked.path.empty(); }));
  EXPECT_EQ(asked.path, "/api/v1/namespaces/kube-system/pods");
  EXPECT_EQ(asked.query["labelSelector"], "app=web,tier=front");
}

}  // namespace
}  // namespace kvs::kube
