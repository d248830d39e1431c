#include "controller/controller.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/own_folder.h"
#include "controller/health.h"
#include "io/metrics_check.h"
#include "io/test_loop.h"
#include "kube/folder/folder.h"

// The controller on a folder, end to end.
namespace kvs::controller {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A source that keeps the events.
class Reports : public kube::Source {
 public:
  explicit Reports(std::unique_ptr<kube::Source> source) : source_(std::move(source)) {}
  std::unique_ptr<kube::Subscription> Watch(kube::Kind kind, kube::WatchHandlers to) override {
    return source_->Watch(kind, std::move(to));
  }
  std::unique_ptr<kube::Subscription> WatchProblems(OnProblems to) override {
    return source_->WatchProblems(std::move(to));
  }
  void Apply(const kube::Object& object, std::string_view manager, Done done) override {
    source_->Apply(object, manager, std::move(done));
  }
  void Delete(kube::Kind kind, const std::string& key, std::string_view by, Done done) override {
    source_->Delete(kind, key, by, std::move(done));
  }
  void Report(const kube::Event& event) override { events.push_back(event); }

  std::vector<kube::Event> events;

 private:
  std::unique_ptr<kube::Source> source_;
};

class ControllerTest : public testing::Test {
 protected:
  void Start(const char* cluster_cidrs = "10.1.0.0/16", Timeouts timeouts = {}) {
    controller_.reset();
    source_ = kube::OpenFolder(loop_, folder_).value();
    watch_ = source_->Watch<kube::VSwitchConfig>(
        {.on_put = [this](const kube::VSwitchConfig& one) { configs_[one.meta.name] = one; },
         .on_erase = [this](const std::string& name) { configs_.erase(name); }});
    controller_ = std::make_unique<Controller>(
        loop_, *source_, Flags{.cluster_cidrs = *ParsePrefixes(cluster_cidrs)}, timeouts);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/." + name) << text;
    fs::rename(folder_ + "/." + name, folder_ + "/" + name);
  }
  static std::string Node(const std::string& name, const std::string& range,
                          const std::string& ip) {
    return fmt::format(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: {}}}\nspec: {{podCIDRs: [{}]}}\n"
        "status: {{addresses: [{{type: InternalIP, address: {}}}]}}\n---\n",
        name, range, ip);
  }

  // Runs the loop until the condition holds; at most 10 s.
  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }
  void Advance(std::chrono::milliseconds time) { loop_.Advance(time); }
  std::string RangeOf(const std::string& name) {
    return configs_.contains(name) ? Join(configs_[name].spec.pod_cidrs) : "none";
  }
  std::string ReasonOf(const std::string& name) {
    const auto* accepted =
        kube::FindCondition(configs_[name].status.conditions, kube::VSwitchConfig::kAccepted);
    return accepted ? accepted->reason : "none";
  }

  io::TestLoop loop_;
  const OwnFolder own_;
  const std::string& folder_ = own_.path();
  std::unique_ptr<kube::Source> source_;
  std::unique_ptr<kube::Subscription> watch_;
  std::unique_ptr<Controller> controller_;
  std::map<std::string, kube::VSwitchConfig> configs_;
};

TEST_F(ControllerTest, FollowsTheNodes) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1") + Node("b", "", "10.0.0.2"));
  Start();
  ASSERT_TRUE(
      Until([&] { return RangeOf("a") == "10.1.7.0/24" && RangeOf("b") == "10.1.0.0/24"; }));
  Write("c.yaml", Node("c", "10.1.7.0/24", "10.0.0.3"));
  ASSERT_TRUE(Until([&] { return ReasonOf("c") == "PodCIDROverlap"; }));
  EXPECT_EQ(RangeOf("c"), "");
  fs::remove(folder_ + "/a.yaml");
  ASSERT_TRUE(Until([&] { return configs_.size() == 1 && ReasonOf("c") == "Accepted"; }));
  EXPECT_EQ(RangeOf("c"), "10.1.7.0/24");
}

TEST_F(ControllerTest, AConfigurationOfAnotherNodeOfThatNameIsWrittenAnew) {
  const std::string node = Node("a", "10.1.7.0/24", "10.0.0.1");
  const std::string unnamed = "{name: a}";
  const auto with = [&](const std::string& uid) {
    return std::string(node).replace(node.find(unnamed), unnamed.size(),
                                     "{name: a, uid: " + uid + "}");
  };
  Write("a.yaml", with("first"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.contains("a") && configs_["a"].node_uid == "first"; }));
  Write("a.yaml", with("second"));
  ASSERT_TRUE(Until([&] { return configs_["a"].node_uid == "second"; }));
}

TEST_F(ControllerTest, ARestartChangesNothing) {
  Write("a.yaml", Node("a", "", "10.0.0.1") + Node("b", "", "10.0.0.2"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.size() == 2 && controller_->counters().writes == 2; }));
  const auto before = configs_;
  Write("0.yaml", Node("0a", "", "10.0.0.9"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.size() == 3; }));
  Advance(100ms);
  EXPECT_EQ(controller_->counters().writes, 1u);
  EXPECT_EQ(configs_["a"], before.at("a"));
  EXPECT_EQ(configs_["b"], before.at("b"));
  EXPECT_EQ(RangeOf("0a"), "10.1.2.0/24");
}

TEST_F(ControllerTest, ANodesConditionFollowsItsAgent) {
  Write("a.yaml", Node("a", "", "10.0.0.1"));
  Start();
  std::map<std::string, std::string> shown;  // status of NetworkUnavailable, and reason
  const auto nodes = source_->Watch<kube::Node>(
      {.on_put =
           [&](const kube::Node& node) {
             const auto& condition = node.network_unavailable;
             shown[node.meta.name] = condition ? condition->status + " " + condition->reason : "";
           },
       .on_erase = [](const std::string&) {}});
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
  Advance(50ms);
  EXPECT_EQ(shown["a"], "") << "no agent has said anything";
  const auto say = [&](const char* ready, const char* reason = "AsItIs") {
    kube::VSwitchConfig status{.meta = {.name = "a"}};
    status.status.conditions = {
        {.type = "Ready", .status = ready, .reason = reason, .message = "as told"}};
    source_->Apply(status, "agent", {});
  };
  say("True");
  ASSERT_TRUE(Until([&] { return shown["a"] == "False KVSwitchReady"; }));
  const uint64_t writes = controller_->counters().writes;
  say("False");
  ASSERT_TRUE(Until([&] { return shown["a"] == "True KVSwitchNotReady"; }));
  Advance(50ms);
  EXPECT_EQ(controller_->counters().writes, writes + 1) << "once is enough";
  say("False", "OtherNetwork");
  ASSERT_TRUE(Until([&] { return shown["a"] == "False KVSwitchWaits"; }));
  EXPECT_EQ(RangeOf("a"), "10.1.0.0/24");
}

TEST_F(ControllerTest, WhatIsRefusedIsAnEventOnItsNode) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1") + Node("b", "10.1.7.0/24", "10.0.0.2"));
  Reports reports(kube::OpenFolder(loop_, folder_).value());
  {
    const Controller controller(loop_, reports, {.cluster_cidrs = *ParsePrefixes("10.1.0.0/16")});
    ASSERT_TRUE(Until([&] { return !reports.events.empty(); }));
  }
  ASSERT_EQ(reports.events.size(), 1u);
  const kube::Event& event = reports.events.front();
  EXPECT_EQ(event.regarding.ToString(), "Node/b");
  EXPECT_EQ(event.reporter + " " + event.instance, "kvswitch.io/controller k-vswitch-controller");
  EXPECT_EQ(event.reason, "PodCIDROverlap");
  EXPECT_NE(event.note.find("overlaps 10.1.7.0/24 of Node/a"), std::string::npos) << event.note;
  EXPECT_TRUE(event.warning);
}

TEST_F(ControllerTest, WhatIsWrongWithTheProgramIsAnEventOnItsNode) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  Reports reports(kube::OpenFolder(loop_, folder_).value());
  Controller controller(loop_, reports, {.cluster_cidrs = *ParsePrefixes("10.1.0.0/16")});
  controller.WatchProgram("a", [] {
    return std::vector<Problem>{
        {"Host", "health", "listen on 127.0.0.1:10349: address already in use", "HealthPortTaken"}};
  });
  ASSERT_TRUE(Until([&] { return !reports.events.empty(); }));
  const kube::Event& event = reports.events.front();
  EXPECT_EQ(event.regarding.ToString() + " " + event.reason, "Node/a HealthPortTaken");
  EXPECT_EQ(event.note, "Host health: listen on 127.0.0.1:10349: address already in use");
}

TEST_F(ControllerTest, ALostNodeShowsIt) {
  const auto nodes = [&](const char* ready) {
    std::string text;
    for (const char* name : {"a", "b", "c"})
      text += fmt::format(
          "apiVersion: v1\nkind: Node\nmetadata: {{name: {}}}\n"
          "status: {{conditions: [{{type: Ready, status: \"{}\"}}]}}\n---\n",
          name, *name == 'a' ? ready : "True");
    Write("nodes.yaml", text);
  };
  const auto pods = [&](const char* ready) {
    std::string text;
    for (const char* name : {"a", "b", "c"})
      text += fmt::format(
          "apiVersion: v1\nkind: Pod\nmetadata: {{name: agent-{0}, namespace: kube-system, labels: "
          "{{app.kubernetes.io/name: k-vswitch, app.kubernetes.io/component: agent}}}}\n"
          "spec: {{nodeName: {0}}}\n"
          "status: {{phase: Running, conditions: [{{type: Ready, status: \"{1}\"}}]}}\n---\n",
          name, *name == 'a' ? ready : "True");
    Write("pods.yaml", text);
  };
  nodes("True");
  pods("True");
  Start("10.1.0.0/16", {.agent = 10ms, .network = 20ms});
  ASSERT_TRUE(Until([&] { return configs_.size() == 3; }));
  std::map<std::string, std::string> shown;
  const auto watch =
      source_->Watch<kube::Node>({.on_put =
                                      [&](const kube::Node& node) {
                                        if (const auto& condition = node.network_unavailable)
                                          shown[node.meta.name] =
                                              condition->status + " " + condition->reason;
                                      },
                                  .on_erase = [](const std::string&) {}});
  for (const char* name : {"a", "b", "c"}) {
    kube::VSwitchConfig status{.meta = {.name = name}};
    status.status.conditions = {{.type = "Ready", .status = "True"}};
    source_->Apply(status, "agent", {});
  }
  ASSERT_TRUE(Until([&] { return shown["a"] == "False KVSwitchReady"; }));
  nodes("Unknown");
  pods("False");
  ASSERT_TRUE(Until([&] { return shown["a"] == "True KVSwitchAgentGone"; }));
  const auto* ready = kube::FindCondition(configs_["a"].status.conditions, "Ready");
  EXPECT_EQ(ready->status + " " + ready->reason, "Unknown NodeUnreachable");
  EXPECT_EQ(shown["b"], "False KVSwitchReady");
}

TEST_F(ControllerTest, DeletesNothingWhileSomethingCantBeRead) {
  Write("a.yaml", Node("a", "", "10.0.0.1"));
  Write("b.yaml", Node("b", "", "10.0.0.2"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.size() == 2; }));
  Write("a.yaml", "apiVersion: v1\nkind: Node\nmetadata: {na");
  Start();  // and now the node can't be known
  ASSERT_TRUE(Until([&] { return controller_->ready(); }));
  Advance(100ms);
  EXPECT_EQ(configs_.size(), 2u);
  Write("a.yaml", "");
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
}

TEST_F(ControllerTest, TheConfigMapTakesEffectAndNonsenseDoesNot) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  Start();
  const auto map = [&](const char* type) {
    Write("map.yaml", fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: k-vswitch, "
                                  "namespace: kube-system}}\ndata: {{overlayType: {}}}\n",
                                  type));
  };
  map("geneve");
  ASSERT_TRUE(Until([&] { return configs_["a"].spec.overlay_type == kube::OverlayType::kGeneve; }));
  map("vlan");
  ASSERT_TRUE(Until([&] { return ReasonOf("a") == "InvalidSettings"; }));
  EXPECT_EQ(configs_["a"].spec.overlay_type, kube::OverlayType::kGeneve);
  map("[vxlan]");
  ASSERT_TRUE(Until([&] {
    return configs_["a"].status.conditions[0].message.find("expected a string, got a list") !=
           std::string::npos;
  }));
  EXPECT_EQ(configs_["a"].spec.overlay_type, kube::OverlayType::kGeneve);
  map("gre");
  ASSERT_TRUE(Until([&] { return ReasonOf("a") == "Accepted"; }));
  EXPECT_EQ(configs_["a"].spec.overlay_type, kube::OverlayType::kGre);
}

TEST_F(ControllerTest, ItsFilesAreWrittenAgainWhenTheyAreRemovedOrChanged) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
  const std::string file = folder_ + "/.kvswitch/vswitchconfig.a.controller.yaml";
  fs::remove(file);
  ASSERT_TRUE(Until([&] { return fs::exists(file); }));
  std::ofstream(file) << "apiVersion: kvswitch.io/v1alpha1\nkind: VSwitchConfig\n"
                         "metadata: {name: a}\nspec: {podCIDR: 10.9.0.0/24}\n";
  ASSERT_TRUE(Until([&] { return RangeOf("a") == "10.9.0.0/24"; }));
  ASSERT_TRUE(Until([&] { return RangeOf("a") == "10.1.7.0/24"; }));
}

TEST_F(ControllerTest, KeepsTryingToWrite) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  std::ofstream(folder_ + "/.kvswitch") << "in the way";
  Start();
  ASSERT_TRUE(Until([&] { return controller_->counters().write_errors >= 1; }));
  EXPECT_TRUE(configs_.empty());
  fs::remove(folder_ + "/.kvswitch");
  ASSERT_TRUE(Until([&] { return configs_.size() == 1; }));
}

TEST_F(ControllerTest, MayEndWhileItWrites) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  Start();
  ASSERT_TRUE(Until([&] { return controller_->ready(); }));
  controller_.reset();
  loop_.Until([] { return false; }, 50ms);  // a thread may be writing still
}

TEST_F(ControllerTest, Health) {
  Start();
  const auto get = [&](const char* path) {
    return Health(controller_.get(), {}, {.method = "GET", .path = path});
  };
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 503);
  ASSERT_TRUE(Until([&] { return controller_->ready(); }));
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_NE(get("/metrics").body.find("\nkvswitch_controller_nodes 0\n"), std::string::npos);
  EXPECT_EQ(get("/x").status, 404);
}

TEST_F(ControllerTest, Metrics) {
  Write("a.yaml", Node("a", "10.1.7.0/24", "10.0.0.1"));
  Start();
  ASSERT_TRUE(Until([&] { return configs_.contains("a"); }));
  const kube::RequestCounts requests{{{"GET", "200"}, 4}, {{"PATCH", "409"}, 2}};
  const std::string text = MetricsText(controller_.get(), requests);
  const auto types = io::MetricTypesIn(text);
  io::ExpectConventions(types);
  io::ExpectDocumented(types, KVS_DOCUMENT, [&](const std::string& name) {
    return name.starts_with("kvswitch_controller_") || types.contains(name);
  });
  for (const char* line : {"\nkvswitch_controller_leading 1\n", "\nkvswitch_controller_nodes 1\n",
                           "\nkvswitch_api_requests_total{method=\"PATCH\",code=\"409\"} 2\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  const std::string waiting = MetricsText(nullptr, requests);
  EXPECT_NE(waiting.find("\nkvswitch_controller_leading 0\n"), std::string::npos);
  EXPECT_EQ(waiting.find("kvswitch_controller_nodes"), std::string::npos);
}

}  // namespace
}  // namespace kvs::controller
