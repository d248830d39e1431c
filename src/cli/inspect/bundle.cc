#include "cli/inspect/bundle.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/version.h"
#include "cli/inspect/redact.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"
#include "exec/parallel.h"
#include "exec/process.h"

namespace kvs::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr auto kLogTimeout = std::chrono::seconds(60);
constexpr auto kPackTimeout = std::chrono::minutes(10);

constexpr char kReadme[] = R"(A support archive of k-vswitch {}, made {} (UTC).

nodes/NODE/    what the node's agent says: status, flows, ports, pods, metrics
cluster/       Nodes, VSwitchConfigs, k-vswitch's workloads, settings and Lease, its pods and events, versions
logs/POD/      the newest 10000 lines of each container, and of its run before

Replaced by {}, rather too much than too little: private keys (PEM), JSON web tokens, what follows "Bearer",
and the value of every key, flag and setting whose name holds token, password, passwd, secret, credential,
authorization, api-key, private-key, client-key or a kubeconfig's certificate data; so also what is no secret but
has such a name, as "secretName".
Not replaced: names, labels, annotations and addresses of nodes and pods, flows, certificates, images, and all else
that logs and events say. Look through it before you hand it on.

What could not be included:
{})";

// A folder that becomes the archive. May be used from several threads at once.
class Draft {
 public:
  explicit Draft(fs::path folder) : folder_(std::move(folder)) {}

  // `path` in the archive; an Error is content that could not be collected. The content of *.json
  // is JSON.
  void Put(const std::string& path, const Result<std::string>& content) {
    if (!content) return Miss(path, content.error().message);
    std::error_code error;
    fs::create_directories((folder_ / path).parent_path(), error);
    std::ofstream out(folder_ / path, std::ios::binary);
    out << (path.ends_with(".json") ? RedactedJson(*content) : RedactText(*content));
    if (!out.flush()) Miss(path, fmt::format("write {}", (folder_ / path).string()));
  }

  // "- PATH: WHY" of each.
  Text missing() const {
    const std::lock_guard lock(mutex_);
    return missing_;
  }

 private:
  static std::string RedactedJson(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) return RedactText(text);
    RedactJson(value);
    return json::serialize(value) + "\n";
  }
  void Miss(const std::string& path, const std::string& why) {
    const std::lock_guard lock(mutex_);
    missing_ += Text::Format("- {}: {}\n", path, RedactText(why));
  }

  const fs::path folder_;
  mutable std::mutex mutex_;
  Text missing_;  // guarded by mutex_
};

void PutNode(const Agents& agents, const std::string& node, Draft& draft) {
  const std::pair<const char*, const char*> files[] = {{"status.json", "/v1/status"},
                                                       {"flows.json", "/v1/flows"},
                                                       {"ports.json", "/v1/ports"},
                                                       {"pods.json", "/v1/pods"},
                                                       {"metrics.txt", "/metrics"}};
  for (const auto& [file, path] : files) {
    const auto answer = agents.Ask(node, path);
    if (!answer && path == files[0].second)  // there is no agent
      return draft.Put("nodes/" + node, tl::unexpected<Error>(answer.error()));
    Result<std::string> content =
        answer ? Result<std::string>(answer->body) : tl::unexpected<Error>(answer.error());
    if (answer && answer->status != 200) content = Fail("its agent answered: {}", answer->body);
    draft.Put(fmt::format("nodes/{}/{}", node, file), content);
  }
}

// The events of a namespace about our objects, or from us.
Result<std::string> OurEvents(const Kubectl& kubectl, const std::string& space) {
  const auto list = kubectl.Ask({"get", "events", "-n", space, "-o", "json"});
  if (!list) return tl::unexpected<Error>(list.error());
  auto value = ParseObject(*list, "kubectl get events");
  if (!value) return tl::unexpected<Error>(value.error());
  json::array ours;
  for (const json::value& event : ListAt(*value, "/items"))
    if (TextAt(event, "/involvedObject/name").starts_with("k-vswitch") ||
        TextAt(event, "/involvedObject/kind") == "VSwitchConfig" ||
        TextAt(event, "/reportingComponent").starts_with("kvswitch.io/"))
      ours.push_back(event);
  return json::serialize(ours);
}

void PutLogs(const Kubectl& kubectl, const json::value& pod, Draft& draft) {
  const std::string name = TextAt(pod, "/metadata/name");
  for (const char* list : {"/status/initContainerStatuses", "/status/containerStatuses"})
    for (const json::value& container : ListAt(pod, list)) {
      const std::string of = TextAt(container, "/name");
      std::vector<std::string> command = {"logs", name, "-n",           "kube-system",
                                          "-c",   of,   "--timestamps", "--tail=10000"};
      draft.Put(fmt::format("logs/{}/{}.txt", name, of), kubectl.Ask(command, kLogTimeout));
      if (NumberAt(container, "/restartCount") == 0) continue;
      command.emplace_back("--previous");
      draft.Put(fmt::format("logs/{}/{}.previous.txt", name, of),
                kubectl.Ask(command, kLogTimeout));
    }
}

void PutCluster(const Kubectl& kubectl, Draft& draft) {
  draft.Put("cluster/version.json", kubectl.Ask({"version", "-o", "json"}));
  draft.Put("cluster/nodes.json", kubectl.Ask({"get", "nodes", "-o", "json"}));
  draft.Put("cluster/vswitchconfigs.json",
            kubectl.Ask({"get", "vswitchconfigs.kvswitch.io", "-o", "json"}));
  draft.Put("cluster/objects.json",
            kubectl.Ask({"get", "daemonset/k-vswitchd", "deployment/k-vswitch-controller",
                         "configmap/k-vswitch", "lease/k-vswitch-controller", "-n", "kube-system",
                         "--ignore-not-found", "-o", "json"}));
  for (const char* space : {"kube-system", "default"})
    draft.Put(fmt::format("cluster/events-{}.json", space), OurEvents(kubectl, space));
  const auto pods = kubectl.Ask(
      {"get", "pods", "-n", "kube-system", "-l", "app.kubernetes.io/name=k-vswitch", "-o", "json"});
  draft.Put("cluster/pods.json", pods);
  const auto list = ParseObject(pods ? *pods : "", "kubectl get pods");
  if (!list) return;
  static_cast<void>(exec::ForEachAtOnce(
      ListAt(*list, "/items"),
      [&](const json::value& pod) -> Result<> {
        PutLogs(kubectl, pod, draft);
        return {};
      },
      Agents::kAtOnce));
}

void Collect(const Agents& agents, Draft& draft) {
  static_cast<void>(exec::ForEachAtOnce(
      agents.nodes(),
      [&](const std::string& node) -> Result<> {
        PutNode(agents, node, draft);
        return {};
      },
      Agents::kAtOnce));
  if (agents.kubectl() != nullptr) PutCluster(*agents.kubectl(), draft);
}

// Makes `file`, with the folder `name`, which is in `parent`.
Result<> Pack(const std::string& parent, const std::string& name, const std::string& file) {
  const auto packed =
      exec::Check({.argv = {"tar", "-czf", file, "-C", parent, name}}, kPackTimeout);
  if (packed) return {};
  if (packed.error().code == ENOENT)
    return Fail("tar is not in the PATH; make the archive on your machine or on a node");
  return tl::unexpected<Error>(packed.error());
}

ExitCode Fails(const std::string& message, ExitCode code) {
  PrintError(message);
  return code;
}

}  // namespace

ExitCode WriteBundle(const BundleArguments& arguments) {
  const auto agents = Agents::Find(arguments.where);
  if (!agents) return Fails(agents.error().message, kUnreachable);
  umask(077);  // the archive contains much about the cluster, even without secrets
  const std::tm now = fmt::gmtime(std::time(nullptr));
  const std::string name = fmt::format("k-vswitch-bundle-{:%Y%m%dT%H%M%SZ}", now);
  const std::string file = arguments.file.empty() ? name + ".tar.gz" : arguments.file;
  std::error_code ignored;
  std::string parent = (fs::temp_directory_path(ignored) / "kvs-bundle.XXXXXX").string();
  if (mkdtemp(parent.data()) == nullptr)
    return Fails(fmt::format("make the folder {}: {}", parent, std::strerror(errno)), kFailed);

  Draft draft(fs::path(parent) / name);
  Collect(*agents, draft);
  const Text missing = draft.missing();
  draft.Put("README.txt", fmt::format(kReadme, kVersion, fmt::format("{:%F %T}", now), kRedacted,
                                      missing.empty() ? "nothing\n" : missing.string()));
  const auto packed = Pack(parent, name, file);
  fs::remove_all(parent, ignored);
  if (!packed) return Fails(packed.error().message, kFailed);
  Print("{}\n", file);
  if (!missing.empty()) Print(stderr, "not included:\n{}", missing);
  return kOk;
}

}  // namespace kvs::cli
