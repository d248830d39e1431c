#include "cli/test_namespace.h"

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "cli/connectivity_plan.h"
#include "cli/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr auto kDeletePatience = std::chrono::seconds(130);
constexpr char kPartOf[] = "app.kubernetes.io/part-of",
               kComponent[] = "app.kubernetes.io/component";

json::object Labels() { return {{kPartOf, "k-vswitch"}, {kComponent, "test"}}; }

json::object Meta(const std::string& name) {
  return {{"name", name}, {"namespace", kTestNamespace}, {"labels", Labels()}};
}

json::object NamespaceObject() {
  json::object labels = Labels();
  labels["pod-security.kubernetes.io/enforce"] = "restricted";
  return {{"apiVersion", "v1"},
          {"kind", "Namespace"},
          {"metadata", {{"name", kTestNamespace}, {"labels", std::move(labels)}}}};
}

// Its own, for a namespace that is just made has no "default" yet.
json::object AccountObject() {
  return {{"apiVersion", "v1"},
          {"kind", "ServiceAccount"},
          {"metadata", Meta("echo")},
          {"automountServiceAccountToken", false}};
}

json::object ServiceObject() {
  json::array ports;
  for (const char* protocol : {"TCP", "UDP"})
    ports.push_back({{"name", protocol == std::string_view("TCP") ? "tcp" : "udp"},
                     {"protocol", protocol},
                     {"port", lab::kEchoPort}});
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", Meta("echo")},
          {"spec",
           {{"ipFamilyPolicy", "PreferDualStack"},
            {"selector", Labels()},
            {"ports", std::move(ports)}}}};
}

json::object PodObject(const std::string& name, const std::string& node, const std::string& image) {
  const std::string identity = fmt::format("{}/{}", kTestNamespace, name);
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
          {"metadata", Meta(name)},
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

lab::Place ToPlace(const json::value& pod) {
  lab::Place place{.kind = lab::Place::Kind::kPod,
                   .name = fmt::format("{}/{}", kTestNamespace, TextAt(pod, "/metadata/name")),
                   .node = TextAt(pod, "/spec/nodeName"),
                   .listeners = ListenersOfPod()};
  place.ips = IpsIn(ListAt(pod, "/status/podIPs"), "/ip");
  return place;
}

// "pod kvs-test/a-node1: Pending, ContainerCreating; FailedCreatePodSandBox: ...".
std::string WhyNotReady(const Kubectl& kubectl, const json::value& pod) {
  const std::string name = TextAt(pod, "/metadata/name");
  std::string why =
      fmt::format("pod {}/{}: {}", kTestNamespace, name, TextAt(pod, "/status/phase"));
  for (const json::value& container : ListAt(pod, "/status/containerStatuses")) {
    for (const char* state : {"/state/waiting", "/state/terminated"}) {
      const std::string at = state, reason = TextAt(container, at + "/reason"),
                        message = TextAt(container, at + "/message");
      if (!reason.empty()) why += ", " + reason + (message.empty() ? "" : ": " + message);
    }
  }
  const auto events =
      kubectl.Ask({"get", "events", "-n", kTestNamespace, "--field-selector",
                   fmt::format("involvedObject.name={},type=Warning", name), "-o", "json"});
  const auto list = events ? ParseObject(*events, "kubectl get") : json::value();
  const json::array none;
  const json::array& warnings = list ? ListAt(*list, "/items") : none;
  if (!warnings.empty())
    why += fmt::format("; {}: {}", TextAt(warnings.back(), "/reason"),
                       TextAt(warnings.back(), "/message"));
  return why;
}

Error NotReady(const Kubectl& kubectl, const json::array& pods, std::chrono::seconds patience) {
  constexpr int kMost = 3;
  std::string all;
  int more = 0;
  for (const json::value& pod : pods) {
    if (IsReady(pod)) continue;
    if (++more <= kMost) all += "\n  " + WhyNotReady(kubectl, pod);
  }
  if (more > kMost) all += fmt::format("\n  ... and {} more", more - kMost);
  return {
      fmt::format("the test's pods are not Ready after {} s; with --keep they stay to be looked "
                  "at:{}",
                  patience.count(), all)};
}

}  // namespace

json::value TestObjects(const std::vector<ClusterNode>& nodes, const std::string& image) {
  json::array items = {NamespaceObject(), AccountObject(), ServiceObject()};
  for (const ClusterNode& node : nodes)
    for (const char* which : {"a-", "b-"})
      items.push_back(PodObject(which + node.name, node.name, image));
  return {{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

Result<> CreateTestNamespace(const Kubectl& kubectl, const std::vector<ClusterNode>& nodes,
                             const std::string& image) {
  if (auto gone = DeleteTestNamespace(kubectl); !gone) return gone;
  const auto others = kubectl.Ask(
      {"get", std::string("namespace/") + kTestNamespace, "--ignore-not-found", "-o", "name"});
  if (!others) return tl::unexpected<Error>(others.error());
  if (!others->empty())
    return Fail("namespace {}: is somebody else's, for it has no label {}=test; delete it first",
                kTestNamespace, kComponent);
  const auto created = kubectl.Ask({"create", "-f", "-"}, std::chrono::seconds(60),
                                   json::serialize(TestObjects(nodes, image)));
  if (!created) return Wrap(fmt::format("namespace {}", kTestNamespace), created.error());
  return {};
}

Result<std::vector<lab::Place>> AwaitTestPods(const Kubectl& kubectl, size_t count,
                                              std::chrono::seconds patience) {
  const auto end = steady_clock::now() + patience;
  for (;;) {
    const auto text = kubectl.Ask({"get", "pods", "-n", kTestNamespace, "-o", "json"});
    if (!text) return tl::unexpected<Error>(text.error());
    const auto list = ParseObject(*text, "kubectl get");
    if (!list) return tl::unexpected<Error>(list.error());
    const json::array& pods = ListAt(*list, "/items");
    std::vector<lab::Place> places;
    for (const json::value& pod : pods)
      if (IsReady(pod)) places.push_back(ToPlace(pod));
    if (places.size() == count) return places;
    if (steady_clock::now() >= end) return tl::unexpected<Error>(NotReady(kubectl, pods, patience));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

Result<std::vector<Ip>> ClusterIps(const Kubectl& kubectl, const std::string& ns,
                                   const std::string& service) {
  const auto text = kubectl.Ask({"get", "service/" + service, "-n", ns, "-o", "json"});
  if (!text) return tl::unexpected<Error>(text.error());
  const auto object = ParseObject(*text, "kubectl get");
  if (!object) return tl::unexpected<Error>(object.error());
  return IpsIn(ListAt(*object, "/spec/clusterIPs"));
}

// By its labels: a namespace of this name without them is somebody else's.
Result<> DeleteTestNamespace(const Kubectl& kubectl) {
  const auto deleted = kubectl.Ask(
      {"delete", "namespace", "-l", fmt::format("{}=k-vswitch,{}=test", kPartOf, kComponent),
       "--ignore-not-found", "--timeout=120s"},
      kDeletePatience);
  if (!deleted)
    return Wrap(fmt::format("namespace {} is not gone", kTestNamespace), deleted.error());
  return {};
}

}  // namespace kvs::cli
