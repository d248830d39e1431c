#include "kube/testing/source_conformance.h"

#include <algorithm>

namespace kvs::kube {

using namespace std::chrono_literals;

SourceConformance::SourceConformance() : fixture_(GetParam()()) {}
SourceConformance::~SourceConformance() { source_.reset(); }

bool SourceConformance::Until(const std::function<bool()>& condition) {
  return loop_.Until(condition);
}

void SourceConformance::Advance(std::chrono::milliseconds time) { loop_.Advance(time); }
void SourceConformance::Wait(std::chrono::milliseconds time) {
  loop_.Until([] { return false; }, time);
}

namespace {

// Records the calls of a watch: "put a", "erase a", "synced".
class Log {
 public:
  Log(Source& source, Kind kind)
      : subscription_(source.Watch(kind, {
                                             .on_put =
                                                 [this](const Object& object) {
                                                   const auto& meta = MetaOf(object);
                                                   lines.push_back("put " + meta.key());
                                                   objects.insert_or_assign(meta.key(), object);
                                                 },
                                             .on_erase =
                                                 [this](const std::string& key) {
                                                   lines.push_back("erase " + key);
                                                   objects.erase(key);
                                                 },
                                             .on_synced = [this] { lines.push_back("synced"); },
                                         })) {}

  bool synced() const { return std::ranges::count(lines, "synced") == 1; }
  void End() { subscription_.reset(); }
  template <class T>
  T Get(const std::string& key) const {
    const auto at = objects.find(key);
    return at == objects.end() ? T{} : std::get<T>(at->second);
  }

  std::vector<std::string> lines;
  std::map<std::string, Object> objects;

 private:
  std::unique_ptr<Subscription> subscription_;
};

using Lines = std::vector<std::string>;

Pod NewPod(const std::string& name, const std::string& node = "node1") {
  return {.meta = {.name = name, .ns = "default"}, .node_name = node};
}

VSwitchConfig NewConfig(const std::string& name, const char* range) {
  VSwitchConfig config{.meta = {.name = name}};
  if (*range) config.spec.pod_cidrs = {*Prefix::Parse(range)};
  return config;
}

void AddCondition(VSwitchConfig& config, const std::string& type, const std::string& status) {
  config.status.conditions.push_back({.type = type, .status = status, .reason = "Tested"});
}

// The answer to a write.
struct Answer {
  std::optional<Result<>> result;
  Source::Done Done() {
    return [this](const Result<>& done) {
      ASSERT_FALSE(result);
      result = done;
    };
  }
  bool good() const { return result && result->has_value(); }
};

TEST_P(SourceConformance, TheFirstListEndsWithSynced) {
  fixture_->Put(NewPod("a"));
  fixture_->Put(NewPod("b"));
  fixture_->Put(Node{.meta = {.name = "node1"}});
  Open();
  Log pods(*source_, Kind::kPod), maps(*source_, Kind::kConfigMap);
  EXPECT_TRUE(pods.lines.empty()) << "called from within Watch()";
  ASSERT_TRUE(Until([&] { return pods.synced() && maps.synced(); }));
  EXPECT_EQ(pods.lines, (Lines{"put default/a", "put default/b", "synced"}));
  EXPECT_EQ(maps.lines, (Lines{"synced"}));
}

TEST_P(SourceConformance, ALaterWatchGetsTheWholeListToo) {
  fixture_->Put(NewPod("a"));
  fixture_->Put(Node{.meta = {.name = "node1"}});
  Open();
  Log first(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return first.synced(); }));
  Wait(120ms);  // until files are old enough to be read only once more
  Log second(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return second.synced(); }));
  EXPECT_EQ(first.lines, second.lines);
  Log other(*source_, Kind::kNode);  // a kind that nobody had watched
  ASSERT_TRUE(Until([&] { return other.synced(); }));
  EXPECT_EQ(other.lines, (Lines{"put node1", "synced"}));
}

TEST_P(SourceConformance, ChangesFollowAndOnlyChanges) {
  fixture_->Put(NewPod("a"));
  Open();
  Log pods(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return pods.synced(); }));
  pods.lines.clear();
  fixture_->Put(NewPod("b"));
  ASSERT_TRUE(Until([&] { return pods.objects.size() == 2; }));
  fixture_->Put(NewPod("b"));  // as it is
  fixture_->Put(NewPod("a", "node2"));
  ASSERT_TRUE(Until([&] { return pods.Get<Pod>("default/a").node_name == "node2"; }));
  fixture_->Erase({Kind::kPod, "default/b"});
  ASSERT_TRUE(Until([&] { return pods.objects.size() == 1; }));
  EXPECT_EQ(pods.lines, (Lines{"put default/b", "put default/a", "erase default/b"}));
}

TEST_P(SourceConformance, AWatchMayBeForPutsOnly) {
  fixture_->Put(NewConfig("a", ""));
  fixture_->Put(NewConfig("b", ""));
  Open();
  Log log(*source_, Kind::kVSwitchConfig);
  int puts = 0;
  const auto watch = source_->Watch<VSwitchConfig>(
      {.on_put = [&](const VSwitchConfig&) { ++puts; }, .on_erase = {}, .on_synced = {}});
  ASSERT_TRUE(Until([&] { return log.synced() && puts == 2; }));
  fixture_->Erase({Kind::kVSwitchConfig, "a"});
  fixture_->Put(NewConfig("c", ""));
  ASSERT_TRUE(Until([&] { return !log.objects.contains("a") && puts == 3; }));
}

TEST_P(SourceConformance, ObjectsHaveIdentityAndVersion) {
  fixture_->Put(NewPod("a"));
  fixture_->Put(NewPod("b"));
  Open();
  Log pods(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return pods.synced(); }));
  const Pod a = pods.Get<Pod>("default/a"), b = pods.Get<Pod>("default/b");
  EXPECT_FALSE(a.meta.uid.empty());
  EXPECT_NE(a.meta.uid, b.meta.uid);
  EXPECT_FALSE(a.meta.resource_version.empty());
  fixture_->Put(NewPod("a", "node2"));
  ASSERT_TRUE(Until([&] { return pods.Get<Pod>("default/a").node_name == "node2"; }));
  EXPECT_EQ(pods.Get<Pod>("default/a").meta.uid, a.meta.uid);
  EXPECT_NE(pods.Get<Pod>("default/a").meta.resource_version, a.meta.resource_version);
}

TEST_P(SourceConformance, ABadObjectIsAProblemAndItsLastGoodFormStays) {
  fixture_->Put(NewPod("a"));
  fixture_->PutBad({Kind::kPod, "default/never"});
  Open();
  std::vector<std::vector<Problem>> told;
  const auto problems =
      source_->WatchProblems([&](const std::vector<Problem>& now) { told.push_back(now); });
  Log pods(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return pods.synced() && !told.empty() && !told.back().empty(); }));
  EXPECT_EQ(pods.lines, (Lines{"put default/a", "synced"}));
  ASSERT_EQ(told.back().size(), 1u);
  EXPECT_EQ(told.back()[0].object, "Pod/default/never");
  EXPECT_TRUE(told.back()[0].field.starts_with("metadata.labels")) << told.back()[0].field;

  fixture_->PutBad({Kind::kPod, "default/a"});
  ASSERT_TRUE(Until([&] { return told.back().size() == 2; }));
  Advance(50ms);
  EXPECT_EQ(pods.lines, (Lines{"put default/a", "synced"}));

  fixture_->Put(NewPod("a"));
  fixture_->Erase({Kind::kPod, "default/never"});
  ASSERT_TRUE(Until([&] { return told.back().empty(); }));
  EXPECT_EQ(pods.lines, (Lines{"put default/a", "synced"}));
}

TEST_P(SourceConformance, AnOutageErasesNothingAndTheDifferenceIsToldAfterIt) {
  fixture_->Put(NewPod("a"));
  fixture_->Put(NewPod("b"));
  Open();
  std::vector<Problem> problems;
  const auto watch =
      source_->WatchProblems([&](const std::vector<Problem>& now) { problems = now; });
  Log pods(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return pods.synced(); }));
  pods.lines.clear();
  fixture_->Break();
  ASSERT_TRUE(Until([&] { return !problems.empty(); }));
  fixture_->Erase({Kind::kPod, "default/a"});
  fixture_->Put(NewPod("c"));
  Advance(50ms);
  EXPECT_TRUE(pods.lines.empty());
  fixture_->Repair();
  ASSERT_TRUE(Until([&] { return problems.empty() && pods.lines.size() >= 2; }));
  std::ranges::sort(pods.lines);
  EXPECT_EQ(pods.lines, (Lines{"erase default/a", "put default/c"}));
}

TEST_P(SourceConformance, NothingIsToldAfterTheSubscriptionIsGone) {
  fixture_->Put(NewPod("a"));
  fixture_->Put(NewPod("b"));
  Open();
  Log pods(*source_, Kind::kPod);
  pods.End();
  std::unique_ptr<Subscription> once;
  int puts = 0;
  once = source_->Watch<Pod>({.on_put =
                                  [&](const Pod&) {
                                    ++puts;
                                    once.reset();
                                  },
                              .on_erase = [](const std::string&) {},
                              .on_synced = [&] { ++puts; }});
  Log others(*source_, Kind::kPod);
  ASSERT_TRUE(Until([&] { return others.synced(); }));
  EXPECT_EQ(puts, 1);
  EXPECT_TRUE(pods.lines.empty());
}

TEST_P(SourceConformance, ManagersOwnTheirFields) {
  Open();
  Log configs(*source_, Kind::kVSwitchConfig);
  const auto config = [&] { return configs.Get<VSwitchConfig>("node1"); };
  VSwitchConfig spec = NewConfig("node1", "10.1.1.0/24"), status = NewConfig("node1", "");
  spec.node_uid = "of-node1";
  AddCondition(spec, "Accepted", "True");
  AddCondition(status, "Ready", "False");
  status.status.mtu = 1450;
  Answer one, two, three;
  source_->Apply(spec, "controller", one.Done());
  EXPECT_FALSE(one.result) << "called from within Apply()";
  ASSERT_TRUE(Until([&] { return one.good() && configs.objects.size() == 1; }));
  source_->Apply(status, "agent", two.Done());
  ASSERT_TRUE(Until([&] { return two.good() && config().status.mtu == 1450; }));
  EXPECT_EQ(config().spec, spec.spec);
  EXPECT_EQ(config().node_uid, spec.node_uid);
  EXPECT_EQ(config().status.conditions.size(), 2u);
  const int64_t generation = config().meta.generation;
  EXPECT_GT(generation, 0);

  status.status.mtu.reset();
  status.status.conditions[0].status = "True";
  source_->Apply(status, "agent", three.Done());
  ASSERT_TRUE(Until([&] { return three.good() && !config().status.mtu; }));
  EXPECT_EQ(FindCondition(config().status.conditions, "Ready")->status, "True");
  EXPECT_EQ(FindCondition(config().status.conditions, "Accepted")->status, "True");
  EXPECT_EQ(config().meta.generation, generation) << "the spec is the same";
}

TEST_P(SourceConformance, TheNetworksConditionIsAddedToANode) {
  fixture_->Put(Node{.meta = {.name = "node1"}, .pod_cidrs = {"10.1.1.0/24"}});
  Open();
  Log nodes(*source_, Kind::kNode);
  ASSERT_TRUE(Until([&] { return nodes.synced(); }));
  Node node{.meta = {.name = "node1"}};
  node.network_unavailable = {.type = "NetworkUnavailable", .status = "False", .reason = "Tested"};
  Answer one;
  source_->Apply(node, "controller", one.Done());
  const auto now = [&] { return nodes.Get<Node>("node1"); };
  ASSERT_TRUE(Until([&] { return one.good() && now().network_unavailable.has_value(); }));
  EXPECT_EQ(now().network_unavailable, node.network_unavailable);
  EXPECT_EQ(now().pod_cidrs, (std::vector<std::string>{"10.1.1.0/24"}));
}

TEST_P(SourceConformance, ApplyingTheSameAgainChangesNothing) {
  Open();
  Log configs(*source_, Kind::kVSwitchConfig);
  Answer one, two;
  source_->Apply(NewConfig("node1", "10.1.1.0/24"), "controller", one.Done());
  ASSERT_TRUE(Until([&] { return configs.objects.size() == 1 && configs.synced(); }));
  const size_t before = configs.lines.size();
  source_->Apply(NewConfig("node1", "10.1.1.0/24"), "controller", two.Done());
  ASSERT_TRUE(Until([&] { return two.good(); }));
  Advance(50ms);
  EXPECT_EQ(configs.lines.size(), before);
}

TEST_P(SourceConformance, WritesKeepTheirOrderAndStay) {
  Open();
  std::vector<int> answered;
  for (int i = 0; i < 20; ++i)
    source_->Apply(NewConfig("node1", fmt::format("10.1.{}.0/24", i).c_str()), "controller",
                   [&answered, i](const Result<>& done) {
                     EXPECT_TRUE(done);
                     answered.push_back(i);
                   });
  ASSERT_TRUE(Until([&] { return answered.size() == 20; }));
  EXPECT_TRUE(std::ranges::is_sorted(answered));
  source_.reset();
  Open();
  Log configs(*source_, Kind::kVSwitchConfig);
  ASSERT_TRUE(Until([&] { return configs.synced(); }));
  EXPECT_EQ(Join(configs.Get<VSwitchConfig>("node1").spec.pod_cidrs), "10.1.19.0/24");
}

TEST_P(SourceConformance, DeleteTakesTheWholeObject) {
  Open();
  Log configs(*source_, Kind::kVSwitchConfig);
  VSwitchConfig status = NewConfig("node1", "");
  AddCondition(status, "Ready", "True");
  Answer one, two, three, again;
  source_->Apply(NewConfig("node1", "10.1.1.0/24"), "controller", one.Done());
  source_->Apply(status, "agent", two.Done());
  source_->Apply(NewConfig("node1.example", "10.1.2.0/24"), "controller", three.Done());
  ASSERT_TRUE(Until([&] { return two.good() && three.good() && configs.objects.size() == 2; }));
  Answer gone;
  source_->Delete(Kind::kVSwitchConfig, "node1", "controller", gone.Done());
  ASSERT_TRUE(Until([&] { return gone.good() && configs.objects.size() == 1; }));
  EXPECT_TRUE(configs.objects.contains("node1.example"));
  source_->Delete(Kind::kVSwitchConfig, "node1", "controller", again.Done());
  ASSERT_TRUE(Until([&] { return again.good(); }));
}

TEST_P(SourceConformance, OnlyOurObjectsAreWritten) {
  Open();
  Answer one;
  source_->Apply(NewPod("a"), "controller", one.Done());
  ASSERT_TRUE(Until([&] { return one.result.has_value(); }));
  EXPECT_EQ(one.result->error().message,
            "Pod/default/a: only VSwitchConfigs and conditions of Nodes are written");
}

TEST_P(SourceConformance, MayBeDestroyedWithWorkUnderWay) {
  fixture_->Put(NewPod("a"));
  Open();
  bool called = false;
  source_->Apply(NewConfig("node1", "10.1.1.0/24"), "controller",
                 [&](const Result<>&) { called = true; });
  Log pods(*source_, Kind::kPod);
  source_.reset();
  Wait(50ms);  // a thread of it may be writing still
  EXPECT_FALSE(called);
  EXPECT_TRUE(pods.lines.empty());
}

}  // namespace
}  // namespace kvs::kube
