#include "lab/cluster/pod.h"

#include <signal.h>

#include <boost/json.hpp>
#include <filesystem>
#include <random>

#include "base/file.h"
#include "exec/netns.h"
#include "lab/machine/cni_runner.h"
#include "netlink/namespace.h"
#include "probe/probe.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// "namespace/name" as a file name; namespaces have no dots.
std::string Flat(std::string name) {
  const auto slash = name.find('/');
  if (slash != std::string::npos) name[slash] = '.';
  return name;
}

std::string RecordPath(const State& state, const std::string& name) {
  return state.Path("pods/" + Flat(name) + ".json");
}

std::string NewContainerId() {
  std::random_device random;
  std::string id;
  while (id.size() < 64) id += fmt::format("{:08x}", random());
  return id;
}

std::string Field(const json::object& fields, const char* name) {
  const auto* value = fields.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Reads addresses, MAC and port out of pod.result (CNI spec 1.1.0, section 5). False if it is no
// result.
bool DecodeResult(Pod& pod) {
  boost::system::error_code error;
  const auto value = json::parse(pod.result, error);
  const auto* fields = error ? nullptr : value.if_object();
  const auto* ips = fields ? fields->if_contains("ips") : nullptr;
  if (!ips || !ips->is_array()) return false;
  for (const auto& entry : ips->get_array()) {
    if (!entry.is_object()) return false;
    const std::string address = Field(entry.get_object(), "address");
    const auto ip = Ip::Parse(address.substr(0, address.find('/')));
    if (!ip) return false;
    pod.ips.push_back(*ip);
  }
  const auto* interfaces = fields->if_contains("interfaces");
  if (!interfaces || !interfaces->is_array()) return true;
  for (const auto& entry : interfaces->get_array()) {
    if (!entry.is_object()) return false;
    const auto& interface = entry.get_object();
    if (Field(interface, "sandbox").empty()) {
      pod.port = Field(interface, "name");
    } else {
      pod.mac = Field(interface, "mac");
    }
  }
  return true;
}

Result<> WriteRecordOf(const State& state, const Pod& pod) {
  return WriteFile(RecordPath(state, pod.name),
                   json::serialize(json::object{{"name", pod.name},
                                                {"uid", pod.uid},
                                                {"node", pod.node},
                                                {"container", pod.container},
                                                {"result", pod.result}}));
}

CniAttachment AttachmentOf(const State& state, const Pod& pod) {
  const auto slash = pod.name.find('/');
  return {.container = pod.container,
          .netns = netlink::Namespace::Path(pod.netns(state)),
          .ns = pod.name.substr(0, slash),
          .pod = pod.name.substr(slash + 1),
          .uid = pod.uid};
}

}  // namespace

std::string Pod::netns(const State& state) const { return state.Netns("pod-" + Flat(name)); }

Result<Pod> AttachPod(const State& state, const Node& node, const std::string& kvs,
                      const kube::Pod& wanted) {
  Pod pod{.name = wanted.meta.key(),
          .uid = wanted.meta.uid,
          .node = node.name(),
          .container = NewContainerId()};
  const std::string netns = pod.netns(state);
  if (auto made = exec::MakeNetns(netns); !made) return tl::unexpected<Error>(made.error());
  const auto undo = [&](const Error& error) -> Result<Pod> {
    static_cast<void>(DetachPod(state, pod.result.empty() ? nullptr : &node, pod));
    return tl::unexpected<Error>(error);
  };
  auto result = CniAdd(node, AttachmentOf(state, pod));
  if (!result) return undo(result.error());
  pod.result = std::move(*result);
  if (!DecodeResult(pod))
    return undo({"CNI ADD of pod " + pod.name + ": no result: " + pod.result});
  auto process = exec::Start({.argv = {kvs, "echo", pod.name}, .netns = netns},
                             state.Path("pods/" + Flat(pod.name) + ".log"));
  if (!process) return undo(process.error());
  if (auto noted = state.Note("pods/" + Flat(pod.name), *process); !noted)
    return undo(noted.error());
  if (auto recorded = WriteRecordOf(state, pod); !recorded) return undo(recorded.error());
  return pod;
}

Result<> DetachPod(const State& state, const Node* node, const Pod& pod) {
  if (const auto process = state.Find("pods/" + Flat(pod.name))) {
    exec::Signal(*process, SIGKILL);
    exec::AwaitEnd(*process, std::chrono::seconds(5));
    state.Forget("pods/" + Flat(pod.name));
  }
  Result<> deleted;
  if (node) deleted = CniDelete(*node, AttachmentOf(state, pod), pod.result);
  auto removed = exec::RemoveNetns(pod.netns(state));
  std::error_code error;
  fs::remove(RecordPath(state, pod.name), error);
  fs::remove(state.Path("pods/" + Flat(pod.name) + ".log"), error);
  return deleted ? removed : deleted;
}

Result<> CheckPod(const State& state, const Node& node, const Pod& pod) {
  return CniCheck(node, AttachmentOf(state, pod), pod.result);
}

std::map<std::string, Pod> ReadPods(const State& state) {
  std::map<std::string, Pod> pods;
  for (const auto& name : NamesIn(state.Path("pods")).value_or(std::vector<std::string>())) {
    if (!name.ends_with(".json")) continue;
    boost::system::error_code error;
    const auto value = json::parse(ReadFile(state.Path("pods/" + name)).value_or(""), error);
    if (error || !value.is_object()) continue;
    const auto& fields = value.get_object();
    Pod pod{.name = Field(fields, "name"),
            .uid = Field(fields, "uid"),
            .node = Field(fields, "node"),
            .container = Field(fields, "container")};
    pod.result = Field(fields, "result");
    if (DecodeResult(pod)) pods[pod.name] = std::move(pod);
  }
  return pods;
}

}  // namespace kvs::lab
