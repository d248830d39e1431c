#include "lab/cluster/manifests.h"

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "io/loop.h"
#include "kube/folder/folder.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;

constexpr char kImage[] = "registry.k8s.io/e2e-test-images/agnhost:2.53";

std::string NodeText(int number, bool ipv6_underlay) {
  std::string text = fmt::format(R"(apiVersion: v1
kind: Node
metadata:
  name: node{0}
  labels:
    kubernetes.io/hostname: node{0}
spec:
  podCIDR: 10.244.{0}.0/24
  podCIDRs:
    - 10.244.{0}.0/24
    - fd00:10:244:{0:x}::/64
status:
  addresses:
)",
                                 number);
  const auto address = [&](const std::string& type, const std::string& value) {
    text += fmt::format("    - type: {}\n      address: {}\n", type, value);
  };
  if (!ipv6_underlay) address("InternalIP", fmt::format("10.200.0.{}", number));
  address("InternalIP", fmt::format("fd00:200::{:x}", number));
  address("Hostname", fmt::format("node{}", number));
  return text;
}

std::string NamespaceText(const std::string& name) {
  return fmt::format(R"(apiVersion: v1
kind: Namespace
metadata:
  name: {0}
  labels:
    kubernetes.io/metadata.name: {0}
)",
                     name);
}

// `name` is "namespace/name".
std::string PodText(const std::string& name, const std::string& node) {
  const auto slash = name.find('/');
  const std::string own = name.substr(slash + 1);
  return fmt::format(R"(apiVersion: v1
kind: Pod
metadata:
  name: {0}
  namespace: {1}
  labels:
    app: {2}
spec:
  nodeName: {3}
  containers:
    - name: main
      image: {4}
      args: [netexec]
      ports:
        - name: http
          containerPort: 8080
)",
                     own, name.substr(0, slash), own.substr(0, own.rfind('-')), node, kImage);
}

Result<std::string> PodFile(const std::string& name) {
  const auto slash = name.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == name.size())
    return Fail("pod '{}': write namespace/name", name);
  return fmt::format("pod.{}.{}.yaml", name.substr(0, slash), name.substr(slash + 1));
}

}  // namespace

Result<Manifests> ReadManifests(const std::string& folder) {
  io::Loop loop;
  auto source = kube::OpenFolder(loop, folder);
  if (!source) return tl::unexpected<Error>(source.error());
  Manifests read;
  int synced = 0;
  // Problems are told in the same turn; let it end.
  io::Timer end(loop, [&loop] { loop.Stop(); });
  const auto on_synced = [&] {
    if (++synced == 2) end.Start(std::chrono::milliseconds(0));
  };
  const auto problems =
      (*source)->WatchProblems([&](const std::vector<Problem>& now) { read.problems = now; });
  const auto nodes = (*source)->Watch<kube::Node>(
      {.on_put = [&](const kube::Node& node) { read.nodes.push_back(node); },
       .on_erase = [](const std::string&) {},
       .on_synced = on_synced});
  const auto pods =
      (*source)->Watch<kube::Pod>({.on_put =
                                       [&](const kube::Pod& pod) {
                                         if (!pod.node_name.empty() && !pod.host_network &&
                                             !pod.finished() && !pod.meta.deleting)
                                           read.pods.push_back(pod);
                                       },
                                   .on_erase = [](const std::string&) {},
                                   .on_synced = on_synced});
  loop.Run();
  return read;
}

Result<> WriteManifests(const std::string& folder, int nodes, bool ipv6_underlay) {
  if (nodes < 1 || nodes > 200) return Fail("--nodes {}: a lab has 1 to 200 nodes", nodes);
  std::error_code error;
  fs::create_directories(folder, error);
  std::string node_text, pod_text;
  for (int number = 1; number <= nodes; ++number) {
    const std::string node = fmt::format("node{}", number);
    const char* separator = number == 1 ? "" : "---\n";
    node_text += separator + NodeText(number, ipv6_underlay);
    pod_text += separator + PodText(fmt::format("shop/web-{}", number), node) + "---\n" +
                PodText(fmt::format("tools/client-{}", number), node);
  }
  auto written = WriteFile(folder + "/nodes.yaml", node_text);
  if (written) {
    written = WriteFile(folder + "/namespaces.yaml",
                        NamespaceText("shop") + "---\n" + NamespaceText("tools"));
  }
  if (written) written = WriteFile(folder + "/pods.yaml", pod_text);
  return written;
}

Result<> WritePod(const std::string& folder, const std::string& name, const std::string& node) {
  const auto file = PodFile(name);
  if (!file) return tl::unexpected<Error>(file.error());
  return WriteFile(folder + "/" + *file, PodText(name, node));
}

Result<> RemovePod(const std::string& folder, const std::string& name) {
  const auto file = PodFile(name);
  if (!file) return tl::unexpected<Error>(file.error());
  std::error_code error;
  if (!fs::remove(folder + "/" + *file, error)) {
    return Fail("Pod {}: not in a file {} of its own; take it out of the file in {} that has it",
                name, *file, folder);
  }
  return {};
}

}  // namespace kvs::lab
