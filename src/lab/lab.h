#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "lab/node.h"
#include "lab/probe.h"
#include "lab/state.h"

// A whole cluster of the real programs on one machine. The folder of manifests says what there
// shall be: a machine for every Node, a pod attached by the real CNI plugin for every Pod with a
// nodeName. The lab plays what Kubernetes would: machines, kubelet, container runtime.
//
//   auto lab = Lab::Up({.name = "t1", .nodes = 2});
//   (*lab)->node("node1").RestartOvs();
//   (*lab)->Connect("demo/web-1", address);
//
// Calls block. Not thread-safe, except that nodes may be used at once from different threads.
namespace kvs::lab {

struct Options {
  std::string name = "lab";       // see State::Of
  std::string manifests;          // used in place; "": generated for `nodes`, in the state folder
  int nodes = 3;                  // only if manifests is ""
  bool ipv6_underlay = false;     // only if manifests is "": nodes have IPv6 addresses only
  std::string overlay = "vxlan";  // flag --overlay-type of the controller
  std::string cluster_cidr = "10.244.0.0/16,fd00:10:244::/56";
  std::string service_cidr = "10.96.0.0/16,fd00:10:96::/112";
  std::vector<std::string> agent_flags;  // added to the flags of every agent
  bool agents = true;  // false: machines and controller only; no pod can be attached
  OnStep on_step = [](std::string_view, std::chrono::milliseconds) {};
};

// A pod that is attached.
struct Pod {
  std::string name;  // "namespace/name"
  std::string node;
  std::string netns;
  std::string container;  // id given to the CNI plugin
  std::vector<Ip> ips;    // from the CNI result
  std::string mac;        // of eth0
};

// Where packets start and end: a pod, a node, or the host outside.
struct Place {
  std::string name;  // "namespace/name", "node1", "outside"
  std::string netns;
  std::string node;  // of a pod its node; of a node itself; "" for the outside
  std::vector<Ip> ips;
  bool is_pod = false;
};

class Lab {
 public:
  // Brings all of it up: cleans what a killed lab of this name left, machines, controller, agents,
  // pods. An Error if a lab of this name is in use. On failure nothing is left.
  static Result<std::unique_ptr<Lab>> Up(Options options);
  // A lab that another program keeps up. It is not taken down by this object.
  static Result<std::unique_ptr<Lab>> Join(const std::string& name);
  // Takes it down, unless joined or left.
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // The lab outlives this object, and whoever takes its lock next runs it.
  void Leave();

  const State& state() const { return state_; }
  const Options& options() const { return options_; }
  const std::map<std::string, std::unique_ptr<Node>>& nodes() const { return nodes_; }
  Node& node(const std::string& name) { return *nodes_.at(name); }
  const std::map<std::string, Pod>& pods() const { return pods_; }
  // Pods, nodes and the outside.
  std::vector<Place> Places() const;
  Result<Place> Find(const std::string& name) const;

  // Makes the machine equal to the folder as it is now: nodes and pods that are new, gone or
  // changed. Goes on after a failure; the Error names all of them.
  Result<> Sync();
  // Writes the manifest of a pod to the folder, or removes it, and syncs.
  Result<> AddPod(const std::string& name, const std::string& node);
  Result<> RemovePod(const std::string& name);

  Result<> StartController();
  Result<> StopController(int signal);

  // One probe from a place (a name of Places()), e.g. Connect("demo/web-1", ip).
  Result<Outcome> Connect(const std::string& from, const Ip& to, uint16_t port = kEchoPort,
                          std::chrono::milliseconds timeout = std::chrono::seconds(3)) const;
  Result<Outcome> Ping(const std::string& from, const Ip& to,
                       std::chrono::milliseconds timeout = std::chrono::seconds(3)) const;

 private:
  struct Wanted;
  Lab(State state, Options options);
  Result<> BringUp();
  Result<> SyncNodes(const Wanted& wanted);
  Result<> SyncPods(const Wanted& wanted);

  State state_;
  Options options_;
  Programs programs_;
  std::unique_ptr<Lock> lock_;  // none if joined
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::map<std::string, Pod> pods_;
};

}  // namespace kvs::lab
