#include "cli/connectivity/connectivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <ctime>
#include <thread>

#include "cli/connectivity/test_namespace.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/json_at.h"
#include "cli/testing/fake_kubectl.h"

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// node1 and node2 are Ready with an agent; node3 isn't Ready, node4 has no agent.
class ConnectivityTest : public FakeKubectl {
 protected:
  ConnectivityTest() {
    Write("get-nodes", kFourNodes);
    Write("get-daemonset_k-vswitchd", R"({"spec":{"template":{"spec":{"containers":[
      {"name":"k-vswitchd","image":"example.org/k-vswitch:v9"}]}}}})");
    Write("get-services", R"({"items":[{"metadata":{"name":"kube-dns"}}]})");
    Write("get-service_kubernetes", R"({"spec":{"clusterIPs":["10.96.0.1"]}})");
    Write("get-daemonset_kube-proxy", "daemonset.apps/kube-proxy");
    Write("get-namespaces", R"({"items":[]})");
    Write("get-service_echo-kvs-test", R"({"spec":{"clusterIPs":["10.96.0.9"]}})");
    Write("get-events-kvs-test", R"({"items":[{"reason":"Old","message":"old"},
      {"reason":"FailedCreatePodSandBox","message":"no network"}]})");
    Pods(true);
  }

  void Pods(bool all_ready) {
    boost::json::array items;
    int last = 3;
    for (const char* node : {"node1", "node2"})
      for (const char* which : {"a-", "b-"}) {
        const bool ready = all_ready || which == std::string_view("a-");
        const std::string ip = "10.244.0." + std::to_string(last++);
        items.push_back(boost::json::parse(fmt::format(
            R"({{"metadata":{{"name":"{}{}"}},"spec":{{"nodeName":"{}"}},
               "status":{{"phase":"{}","conditions":[{{"type":"Ready","status":"{}"}}],
                 "podIPs":[{{"ip":"{}"}}],"containerStatuses":[{{"state":{}}}]}}}})",
            which, node, node, ready ? "Running" : "Pending", ready ? "True" : "False", ip,
            ready ? "{}" : R"({"waiting":{"reason":"ContainerCreating"}})")));
      }
    Write("get-pods-kvs-test",
          boost::json::serialize(boost::json::object{{"items", std::move(items)}}));
  }

  int Run(TestArguments arguments = {}) {
    arguments.space = "kvs-test";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = TestConnectivity(arguments);
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }
  // How often the namespace was deleted.
  size_t Deletions() const {
    const std::string asked = Asked();
    size_t count = 0;
    for (size_t at = 0; (at = asked.find("delete namespace -l ", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }

  static constexpr char kFourNodes[] = R"({"items":[
    {"metadata":{"name":"node1"},"status":{"conditions":[{"type":"Ready","status":"True"}],
      "addresses":[{"type":"InternalIP","address":"10.200.0.1"},
                   {"type":"ExternalIP","address":"192.0.2.1"}],
      "daemonEndpoints":{"kubeletEndpoint":{"Port":10251}}}},
    {"metadata":{"name":"node2"},"status":{"conditions":[{"type":"Ready","status":"True"}],
      "addresses":[{"type":"InternalIP","address":"10.200.0.2"}]}},
    {"metadata":{"name":"node3"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}},
    {"metadata":{"name":"node4"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]})";
  std::string said_;
};

TEST_F(ConnectivityTest, PrintsALinePerKindAndLeavesNothing) {
  EXPECT_EQ(Run({.kubeconfig = "/root/kc", .context = "prod"}), kOk) << said_;
  EXPECT_THAT(said_, HasSubstr("Nodes node1, node2; 4 pods of example.org/k-vswitch:v9"));
  EXPECT_THAT(said_, HasSubstr("not tested: node3: it is not Ready\n"));
  EXPECT_THAT(said_, HasSubstr("not tested: node4: no agent of k-vswitch runs on it\n"));
  EXPECT_THAT(said_, HasSubstr("pod to pod, across nodes       16 of 16   ok   slowest 1.5 ms\n"));
  EXPECT_THAT(said_, HasSubstr("The network works."));
  const std::string asked = Asked();
  EXPECT_THAT(asked, HasSubstr("--kubeconfig=/root/kc --context=prod exec a-node1 -n kvs-test -c "
                               "echo -i -- kvs probe\n"));
  EXPECT_THAT(asked, HasSubstr("exec agent-b -n kube-system -c k-vswitchd -i -- kvs probe\n"));
  EXPECT_EQ(Deletions(), 1u);
  EXPECT_THAT(asked, HasSubstr("component=test --field-selector metadata.name=kvs-test "));
  EXPECT_GT(asked.rfind("delete namespace"), asked.rfind("kvs probe"));
}

TEST_F(ConnectivityTest, NamesEachFailedCellAndHowToLookFurther) {
  Write("unreached-a-node1", "Connection refused");
  Write("unreached-agent-a", "no answer");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_EQ(Deletions(), 1u);
  EXPECT_THAT(said_,
              HasSubstr("FAILED kvs-test/a-node1 -> kvs-test/b-node1 (10.244.0.4, TCP over IPv4): "
                        "Connection refused\n"
                        "         see: kvs trace kvs-test/a-node1 10.244.0.4 --tcp 8080\n"));
  EXPECT_THAT(said_, HasSubstr("see: kvs trace kvs-test/a-node1 10.244.0.4 --udp 8080\n"));
  EXPECT_THAT(said_, HasSubstr("  node to pod, same node          4 of 8"));
  EXPECT_THAT(said_, HasSubstr("cells failed.\nRun it with --keep"));
}

TEST_F(ConnectivityTest, ThatNobodyServesServicesIsOneLine) {
  Write("get-daemonset_kube-proxy", "");
  EXPECT_EQ(Run(), kOk) << said_;
  Write("unreached-agent-a", "no answer");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_,
              HasSubstr("Services are not served: there is no DaemonSet kube-proxy, and "
                        "10.96.0.1 of Service default/kubernetes can't be reached from node1 "
                        "(no answer); "));
  EXPECT_THAT(said_, Not(HasSubstr("pod to Service")));
  EXPECT_THAT(said_, Not(HasSubstr("pod resolves a name")));
}

TEST_F(ConnectivityTest, ASourceThatCannotBeAskedIsFailedCells) {
  Write("get-services", R"({"items":[]})");
  Write("unreached-b-node2", R"("}]} nonsense)");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("not tested: names: kube-system has no Service"));
  EXPECT_THAT(said_, Not(HasSubstr("pod resolves a name")));
  EXPECT_THAT(said_, HasSubstr("FAILED kvs-test/b-node2 -> kvs-test/a-node1"));
  EXPECT_THAT(said_, HasSubstr("the answer of kvs probe is not understood"));
}

TEST_F(ConnectivityTest, NamesThePodThatIsNotReadyAndCleans) {
  Pods(false);
  EXPECT_EQ(Run({.timeout = std::chrono::seconds(1)}), kFailed);
  EXPECT_THAT(said_, HasSubstr("pod kvs-test/b-node1: Pending, ContainerCreating; "
                               "FailedCreatePodSandBox: no network\n"));
  EXPECT_THAT(said_, HasSubstr("pod kvs-test/b-node2: "));
  EXPECT_THAT(said_, Not(HasSubstr("pod kvs-test/a-node1")));
  EXPECT_EQ(Deletions(), 1u);
}

TEST_F(ConnectivityTest, CleansWhenItIsStopped) {
  Pods(false);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    _exit(TestConnectivity({}));
  }
  while (Asked().find("get pods -n kvs-test") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(Deletions(), 0u);
  kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGTERM);
  EXPECT_EQ(Deletions(), 1u);
}

TEST_F(ConnectivityTest, KeepsThePodsIfToldSo) {
  EXPECT_EQ(Run({.keep = true}), kOk) << said_;
  EXPECT_EQ(Deletions(), 0u);
}

TEST_F(ConnectivityTest, ListsWithoutChangingAnything) {
  EXPECT_EQ(Run({.nodes = 1, .external = "192.0.2.7", .list = true}), kOk) << said_;
  EXPECT_THAT(said_, HasSubstr("Nodes node1; 2 pods"));
  EXPECT_THAT(said_, HasSubstr("not tested: 1 more by name; --nodes 0 takes all\n"));
  EXPECT_THAT(said_, HasSubstr("  pod to pod, same node           4\n"));
  EXPECT_THAT(said_, HasSubstr("  pod to external                 2\n"));
  for (const char* verb : {"create", "delete", "exec"}) EXPECT_THAT(Asked(), Not(HasSubstr(verb)));
}

TEST_F(ConnectivityTest, TouchesNothingWhereItCannotTest) {
  EXPECT_EQ(Run({.external = "example.org"}), kUsage);
  Write("get-daemonset_k-vswitchd", "");
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(said_, HasSubstr("k-vswitch is not installed in this cluster"));
  Remove("get-daemonset_k-vswitchd");
  EXPECT_EQ(Run(), kUnreachable);
  EXPECT_EQ(Deletions(), 0u);
}

TEST_F(ConnectivityTest, DeletesWhatOldRunsLeftAndNotWhatRunsBeside) {
  const auto now = std::time(nullptr);
  Write("get-namespaces", fmt::format(R"({{"items":[
      {{"metadata":{{"name":"kvs-test-later","labels":{{"kvswitch.io/test-until":"{}"}}}}}},
      {{"metadata":{{"name":"kvs-test-over","labels":{{"kvswitch.io/test-until":"{}"}}}}}},
      {{"metadata":{{"name":"kvs-test-before"}}}}]}})",
                                      now + 60, now - 60));
  EXPECT_EQ(Run(), kOk) << said_;
  EXPECT_THAT(Asked(), HasSubstr("delete namespace --ignore-not-found --wait=false kvs-test-over "
                                 "kvs-test-before\n"));
}

TEST_F(ConnectivityTest, EveryRunHasANamespaceOfItsOwn) {
  const auto one = TestNamespace::New(std::chrono::seconds(300));
  const auto other = TestNamespace::New(std::chrono::seconds(300));
  EXPECT_NE(one.name, other.name);
  EXPECT_THAT(one.name, testing::MatchesRegex("kvs-test-[a-z0-9]{5}"));
  EXPECT_GE(one.until, std::time(nullptr) + 300);
  const auto objects = TestObjects(one, {{.name = "node1"}}, "image");
  EXPECT_EQ(TextAt(objects, "/items/0/metadata/labels/kvswitch.io~1test-until"),
            std::to_string(one.until));
  EXPECT_EQ(TextAt(objects, "/items/3/metadata/namespace"), one.name);
}

TEST_F(ConnectivityTest, TellsAllAsJson) {
  Write("unreached-a-node2", "no answer");
  EXPECT_EQ(Run({.json = true}), kFailed);
  const auto report = ParseObject(said_, "kvs test");
  ASSERT_TRUE(report) << said_;
  EXPECT_EQ(TextAt(*report, "/ok"), "false");
  EXPECT_EQ(TextAt(*report, "/nodes"), "node1,node2");
  EXPECT_EQ(TextAt(*report, "/cells/0/from"), "kvs-test/a-node1");
  EXPECT_EQ(TextAt(*report, "/cells/0/ok"), "true");
  EXPECT_EQ(TextAt(*report, "/cells/0/us"), "1500");
  EXPECT_THAT(said_, HasSubstr(R"("reason":"no answer")"));
}

TEST_F(ConnectivityTest, PodsAreOnTheirNodesAndConformToRestricted) {
  EXPECT_EQ(Run(), kOk) << said_;
  const auto list = ParseObject(Created(), "kvs test");
  ASSERT_TRUE(list) << Created();
  EXPECT_EQ(TextAt(*list, "/items/0/kind"), "Namespace");
  EXPECT_EQ(TextAt(*list, "/items/0/metadata/labels/pod-security.kubernetes.io~1enforce"),
            "restricted");
  EXPECT_EQ(TextAt(*list, "/items/2/spec/ipFamilyPolicy"), "PreferDualStack");
  EXPECT_EQ(TextAt(*list, "/items/2/spec/ports/1/protocol"), "UDP");
  ASSERT_EQ(ListAt(*list, "/items").size(), 7u);
  const boost::json::value& pod = ListAt(*list, "/items")[4];
  EXPECT_EQ(TextAt(pod, "/metadata/name"), "b-node1");
  EXPECT_EQ(TextAt(pod, "/spec/nodeName"), "node1");
  EXPECT_EQ(TextAt(pod, "/spec/containers/0/image"), "example.org/k-vswitch:v9");
  EXPECT_EQ(TextAt(pod, "/spec/containers/0/command"), "kvs,echo,kvs-test/b-node1");
  EXPECT_EQ(TextAt(pod, "/spec/tolerations/0/operator"), "Exists");
  EXPECT_EQ(TextAt(pod, "/spec/securityContext/runAsNonRoot"), "true");
  EXPECT_EQ(TextAt(pod, "/spec/securityContext/seccompProfile/type"), "RuntimeDefault");
  EXPECT_EQ(TextAt(pod, "/spec/containers/0/securityContext/capabilities/drop"), "ALL");
  EXPECT_EQ(TextAt(pod, "/spec/containers/0/securityContext/allowPrivilegeEscalation"), "false");
}

}  // namespace
}  // namespace kvs::cli
