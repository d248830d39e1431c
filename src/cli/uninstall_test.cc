#include "cli/uninstall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace kvs::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// A cluster played by a program `kubectl` in PATH: what it answers lies in files, what it was asked
// is written to the file "asked".
constexpr char kKubectl[] = R"(#!/bin/bash
folder=$(dirname "$0")
echo "$*" >>"$folder/asked"
case " $* " in
  *" get nodes "*) cat "$folder/nodes" ;;
  *" get pods "*) cat "$folder/pods" ;;
  *" exec "*)
    all="$*"
    set -- ${all#* exec }
    answer=$folder/$1
    [[ " $* " == *--dry-run* ]] && answer+=.plan
    [ -e "$answer" ] || { echo "error: unable to upgrade connection: pod $1 is gone" >&2; exit 1; }
    cat "$answer"
    grep -q '"problems":\[\]' "$answer" ;;
  *" delete "*)
    for name in "$@"; do [[ $name == [a-z]*/* ]] && echo "$name"; done
    [[ ! -e $folder/stuck || $* != *daemonset* ]] || { echo "error: timed out" >&2; exit 1; } ;;
esac
)";

constexpr char kNodes[] = R"({"items":[
  {"metadata":{"name":"node2","labels":{"kubernetes.io/os":"linux"}}},
  {"metadata":{"name":"node1","labels":{"kubernetes.io/os":"linux"}},
   "status":{"conditions":[{"type":"Ready","reason":"KubeletReady"},
     {"type":"NetworkUnavailable","reason":"KVSwitchNotReady"}]}},
  {"metadata":{"name":"win","labels":{"kubernetes.io/os":"windows"}}}]})";
constexpr char kPods[] = R"({"items":[
  {"metadata":{"name":"agent-a"},"spec":{"nodeName":"node1"},"status":{"phase":"Running"}},
  {"metadata":{"name":"agent-old"},"spec":{"nodeName":"node1"},"status":{"phase":"Pending"}},
  {"metadata":{"name":"agent-b"},"spec":{"nodeName":"node2"},"status":{"phase":"Running"}}]})";

class UninstallTest : public testing::Test {
 protected:
  UninstallTest()
      : folder_(fs::temp_directory_path() / ("kvs-kubectl." + std::to_string(getpid()))),
        path_(std::getenv("PATH")) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Write("kubectl", kKubectl);
    chmod((folder_ / "kubectl").c_str(), 0755);
    setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
    Write("nodes", kNodes);
    Write("pods", kPods);
    for (const char* agent : {"agent-a", "agent-b"})
      for (const char* when : {"", ".plan"}) Write(std::string(agent) + when, kClean);
  }
  ~UninstallTest() override {
    setenv("PATH", path_.c_str(), 1);
    fs::remove_all(folder_);
  }

  static constexpr char kClean[] =
      R"({"node":"x","refused":false,"done":["bridge k-vswitch0 with 2 ports"],"kept":[],"problems":[]})";
  static constexpr char kFull[] =
      R"({"node":"x","refused":true,"done":[],"kept":[],"problems":["pod shop/web is attached"]})";

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::trunc) << text;
  }
  ExitCode Run(const UninstallArguments& arguments, bool confirmed = false) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = UninstallCluster(arguments, [&] {
      ++asked_;
      return confirmed;
    });
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }
  // What kubectl was asked, a line each.
  std::string Asked() {
    std::ifstream in(folder_ / "asked");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  fs::path folder_;
  std::string path_, said_;
  int asked_ = 0;
};

TEST_F(UninstallTest, CleansNodeByNodeThenDeletesWorkloadsAndThenTheRest) {
  EXPECT_EQ(Run({.yes = true, .kubeconfig = "/root/kc", .context = "prod"}), kOk) << said_;
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(said_, testing::StartsWith("node1\n  removed      bridge k-vswitch0 with 2 ports\n"
                                         "node2\n  removed      bridge k-vswitch0 with 2 ports\n"
                                         "cluster\n  removed      daemonset.apps/k-vswitchd\n"));
  EXPECT_THAT(said_, Not(HasSubstr("win\n")));
  EXPECT_THAT(said_, HasSubstr("condition NetworkUnavailable of node node1"));
  const std::string asked = Asked();
  EXPECT_THAT(asked, HasSubstr("--kubeconfig=/root/kc --context=prod get nodes"));
  EXPECT_THAT(asked, HasSubstr("exec agent-a -c k-vswitchd -- kvs uninstall-node\n"));
  EXPECT_THAT(asked, Not(HasSubstr("agent-old")));
  EXPECT_LT(asked.find("statefulset.apps"), asked.find("customresourcedefinition"));
  EXPECT_THAT(asked, HasSubstr("patch node node1 --subresource=status --type=json -p "
                               R"([{"op":"test","path":"/status/conditions/1/type")"));
}

TEST_F(UninstallTest, ChangesNothingWithoutConsent) {
  EXPECT_EQ(Run({.dry_run = true}), kOk) << said_;
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(said_, HasSubstr("would remove bridge k-vswitch0 with 2 ports"));
  EXPECT_THAT(said_, HasSubstr("would remove serviceaccount/k-vswitchd"));
  EXPECT_EQ(Run({}, false), kFailed);
  EXPECT_EQ(asked_, 1);
  EXPECT_THAT(said_, HasSubstr("would remove bridge"));
  EXPECT_THAT(Asked(), Not(HasSubstr("uninstall-node\n")));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
  EXPECT_EQ(Run({}, true), kOk);
  EXPECT_THAT(Asked(), HasSubstr("uninstall-node\n"));
}

TEST_F(UninstallTest, AttachedPodsAnywhereStopItBeforeAnythingIsChanged) {
  Write("agent-b.plan", kFull);
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("pod shop/web is attached"));
  EXPECT_THAT(said_, HasSubstr("nothing was changed"));
  EXPECT_THAT(Asked(), Not(HasSubstr("uninstall-node\n")));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
}

TEST_F(UninstallTest, ANodeThatDoesNotAnswerKeepsTheClustersObjects) {
  fs::remove(folder_ / "agent-b");
  fs::remove(folder_ / "agent-b.plan");
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("node1\n  removed "));
  EXPECT_THAT(said_,
              HasSubstr("node2\n  problem      its agent does not answer: error: unable to"));
  EXPECT_THAT(said_, HasSubstr("by hand"));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));

  EXPECT_EQ(Run({.yes = true, .force = true}), kFailed) << "a node is not clean";
  EXPECT_THAT(Asked(), HasSubstr("uninstall-node --force\n"));
  EXPECT_THAT(Asked(), HasSubstr("customresourcedefinition"));
}

TEST_F(UninstallTest, WithoutAnyAgentItSaysWhatToDo) {
  Write("pods", R"({"items":[]})");
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("apply k-vswitch.yaml again first"));
  EXPECT_THAT(Asked(), Not(HasSubstr("delete --ignore-not-found")));
}

// A controller that lives would make VSwitchConfigs again.
TEST_F(UninstallTest, KeepsTheKindAsLongAsWorkloadsLive) {
  Write("stuck", "");
  EXPECT_EQ(Run({.yes = true}), kFailed);
  EXPECT_THAT(said_, HasSubstr("kubectl delete: error: timed out"));
  EXPECT_THAT(Asked(), Not(HasSubstr("customresourcedefinition")));
}

TEST_F(UninstallTest, SaysWhenThereIsNoCluster) {
  Write("nodes", "The connection to the server was refused");
  EXPECT_EQ(Run({.yes = true}), kUnreachable);
}

// What is installed, by the manifest and by the controller, is what is deleted.
TEST(OurObjects, AreThoseOfTheManifest) {
  std::set<std::string> installed = {"kube-system lease/k-vswitch-controller"};
  for (const YAML::Node& object : YAML::LoadAllFromFile(KVS_MANIFEST)) {
    if (!object["kind"]) continue;
    std::string kind = object["kind"].as<std::string>();
    std::ranges::transform(kind, kind.begin(), [](char c) { return std::tolower(c); });
    const YAML::Node meta = object["metadata"];
    const std::string ns = meta["namespace"] ? meta["namespace"].as<std::string>() : "";
    installed.insert(ns + " " + kind + "/" + meta["name"].as<std::string>());
  }
  std::set<std::string> deleted;
  for (const ClusterObjects& objects : OurObjects())
    for (const std::string& name : objects.names)
      deleted.insert(objects.ns + " " + name.substr(0, std::min(name.find('.'), name.find('/'))) +
                     name.substr(name.find('/')));
  EXPECT_EQ(deleted, installed);
}

}  // namespace
}  // namespace kvs::cli
