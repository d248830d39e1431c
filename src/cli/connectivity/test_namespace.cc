#include "cli/connectivity/test_namespace.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <random>
#include <thread>

#include "cli/connectivity/connectivity_plan.h"
#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr auto kDeleteTimeout = std::chrono::seconds(130);
// The longest cleanup of a run after its time limit, and the greatest difference of clocks.
constexpr std::chrono::minutes kSlack{10};

json::object Labels() {
  return {{"app.kubernetes.io/part-of", "k-vswitch"}, {"app.kubernetes.io/component", "test"}};
}

json::object Meta(const std::string& space, const std::string& name) {
  return {{"name", name}, {"namespace", space}, {"labels", Labels()}};
}

json::object NamespaceObject(const TestNamespace& space) {
  json::object labels = Labels();
  labels[kUntil] = std::to_string(space.until);
  labels["pod-security.kubernetes.io/enforce"] = "restricted";
  return {{"apiVersion", "v1"},
          {"kind", "Namespace"},
          {"metadata", {{"name", space.name}, {"labels", std::move(labels)}}}};
}

// The pods' own service account, because a new namespace has no "default" yet.
json::object AccountObject(const std::string& space) {
  return {{"apiVersion", "v1"},
          {"kind", "ServiceAccount"},
          {"metadata", Meta(space, "echo")},
          {"automountServiceAccountToken", false}};
}

json::object ServiceObject(const std::string& space) {
  json::array ports;
  for (const char* protocol : {"TCP", "UDP"})
    ports.push_back({{"name", protocol == std::string_view("TCP") ? "tcp" : "udp"},
                     {"protocol", protocol},
                     {"port", probe::kEchoPort}});
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", Meta(space, "echo")},
          {"spec",
           {{"ipFamilyPolicy", "PreferDualStack"},
            {"selector", Labels()},
            {"ports", std::move(ports)}}}};
}

json::object PodObject(const std::string& space, const std::string& name, const std::string& node,
                       const std::string& image) {
  const std::string identity = fmt::format("{}/{}", space, name);
  json::object container = {
      {"name", kTestContainer},
      {"image", image},
      {"imagePullPolicy", "IfNotPresent"},
      {"command", {"kvs", "echo", identity}},
      {"resources",
       {{"requests", {{"cpu", "1m"}, {"memory", "8Mi"}}}, {"limits", {{"memory", "128Mi"}}}}},
      {"securityContext",
       {{"allowPrivilegeEscalation", false},
        {"readOnlyRootFilesystem", true},
        {"capabilities", {{"drop", json::array{"ALL"}}}}}}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", Meta(space, name)},
          {"spec",
           {{"nodeName", node},
            {"serviceAccountName", "echo"},
            {"enableServiceLinks", false},
            {"restartPolicy", "Never"},
            {"terminationGracePeriodSeconds", 0},
            {"tolerations", json::array{{{"operator", "Exists"}}}},
            {"securityContext",
             {{"runAsNonRoot", true},
              {"runAsUser", 65532},
              {"runAsGroup", 65532},
              {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
            {"containers", json::array{std::move(container)}}}}};
}

bool IsReady(const json::value& pod) {
  for (const json::value& condition : ListAt(pod, "/status/conditions"))
    if (TextAt(condition, "/type") == "Ready" && TextAt(condition, "/status") == "True")
      return !ListAt(pod, "/status/podIPs").empty();
  return false;
}

probe::Endpoint ToEndpoint(const std::string& space, const json::value& pod) {
  probe::Endpoint endpoint{.kind = probe::Endpoint::Kind::kPod,
                           .name = fmt::format("{}/{}", space, TextAt(pod, "/metadata/name")),
                           .node = TextAt(pod, "/spec/nodeName"),
                           .listeners = ListenersOfPod()};
  endpoint.ips = IpsIn(ListAt(pod, "/status/podIPs"), "/ip");
  return endpoint;
}

// "pod kvs-test-x7k2p/a-node1: Pending, ContainerCreating; FailedCreatePodSandBox: ...".
std::string WhyNotReady(const Kubectl& kubectl, const std::string& space, const json::value& pod) {
  const std::string name = TextAt(pod, "/metadata/name");
  std::string why = fmt::format("pod {}/{}: {}", space, name, TextAt(pod, "/status/phase"));
  for (const json::value& container : ListAt(pod, "/status/containerStatuses")) {
    for (const char* state : {"/state/waiting", "/state/terminated"}) {
      const std::string at = state, reason = TextAt(container, at + "/reason"),
                        message = TextAt(container, at + "/message");
      if (!reason.empty()) why += ", " + reason + (message.empty() ? "" : ": " + message);
    }
  }
  const auto events =
      kubectl.Ask({"get", "events", "-n", space, "--field-selector",
                   fmt::format("involvedObject.name={},type=Warning", name), "-o", "json"});
  const auto list = events ? ParseObject(*events, "kubectl get") : json::value();
  const json::array none;
  const json::array& warnings = list ? ListAt(*list, "/items") : none;
  if (!warnings.empty())
    why += fmt::format("; {}: {}", TextAt(warnings.back(), "/reason"),
                       TextAt(warnings.back(), "/message"));
  return why;
}

Error NotReady(const Kubectl& kubectl, const std::string& space, const json::array& pods,
               std::chrono::seconds timeout) {
  constexpr int kMost = 3;
  std::string all;
  int more = 0;
  for (const json::value& pod : pods) {
    if (IsReady(pod)) continue;
    if (++more <= kMost) all += "\n  " + WhyNotReady(kubectl, space, pod);
  }
  if (more > kMost) all += fmt::format("\n  ... and {} more", more - kMost);
  return {
      fmt::format("the test's pods are not Ready after {} s; with --keep they stay to be looked "
                  "at:{}",
                  timeout.count(), all)};
}

// Deletes those of runs whose time is over. One without a time was made by an earlier kvs.
Result<> DeleteOld(const Kubectl& kubectl) {
  const auto text = kubectl.Ask({"get", "namespaces", "-l", kTests, "-o", "json"});
  if (!text) return tl::unexpected<Error>(text.error());
  const auto list = ParseObject(*text, "kubectl get");
  if (!list) return tl::unexpected<Error>(list.error());
  std::vector<std::string> command = {"delete", "namespace", "--ignore-not-found", "--wait=false"};
  const size_t none = command.size();
  for (const json::value& space : ListAt(*list, "/items")) {
    const std::string until = TextAt(space, "/metadata/labels/kvswitch.io~1test-until");
    if (std::atoll(until.c_str()) < std::time(nullptr))
      command.push_back(TextAt(space, "/metadata/name"));
  }
  if (command.size() == none) return {};
  const auto deleted = kubectl.Ask(command);
  if (!deleted) return Wrap("what an earlier test left", deleted.error());
  return {};
}

}  // namespace

TestNamespace TestNamespace::New(std::chrono::seconds timeout) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string name = kTestNamespacePrefix;
  for (int i = 0; i < 5; ++i) name += kLetters[random() % kLetters.size()];
  const auto longest = timeout + kSlack;
  return {.name = std::move(name), .until = std::time(nullptr) + longest.count()};
}

json::value TestObjects(const TestNamespace& space, const std::vector<ClusterNode>& nodes,
                        const std::string& image) {
  json::array items = {NamespaceObject(space), AccountObject(space.name),
                       ServiceObject(space.name)};
  for (const ClusterNode& node : nodes)
    for (const char* which : {"a-", "b-"})
      items.push_back(PodObject(space.name, which + node.name, node.name, image));
  return {{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

Result<> CreateTestNamespace(const Kubectl& kubectl, const TestNamespace& space,
                             const std::vector<ClusterNode>& nodes, const std::string& image) {
  if (auto gone = DeleteOld(kubectl); !gone) return gone;
  const auto created = kubectl.Ask({"create", "-f", "-"}, std::chrono::seconds(60),
                                   json::serialize(TestObjects(space, nodes, image)));
  if (!created) return Wrap("namespace " + space.name, created.error());
  return {};
}

Result<std::vector<probe::Endpoint>> AwaitTestPods(const Kubectl& kubectl, const std::string& space,
                                                   size_t count, std::chrono::seconds timeout) {
  const auto end = steady_clock::now() + timeout;
  for (;;) {
    const auto text = kubectl.Ask({"get", "pods", "-n", space, "-o", "json"});
    if (!text) return tl::unexpected<Error>(text.error());
    const auto list = ParseObject(*text, "kubectl get");
    if (!list) return tl::unexpected<Error>(list.error());
    const json::array& pods = ListAt(*list, "/items");
    std::vector<probe::Endpoint> endpoints;
    for (const json::value& pod : pods)
      if (IsReady(pod)) endpoints.push_back(ToEndpoint(space, pod));
    if (endpoints.size() == count) return endpoints;
    if (steady_clock::now() >= end)
      return tl::unexpected<Error>(NotReady(kubectl, space, pods, timeout));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

// Checks its labels too: a namespace of this name without them belongs to others.
Result<> DeleteTestNamespace(const Kubectl& kubectl, const std::string& space) {
  const auto deleted =
      kubectl.Ask({"delete", "namespace", "-l", kTests, "--field-selector",
                   "metadata.name=" + space, "--ignore-not-found", "--timeout=120s"},
                  kDeleteTimeout);
  if (!deleted) return Wrap(fmt::format("namespace {} is not gone", space), deleted.error());
  return {};
}

}  // namespace kvs::cli
