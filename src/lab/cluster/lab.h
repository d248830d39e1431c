#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "lab/cluster/manifests.h"
#include "lab/cluster/pod.h"
#include "lab/machine/node.h"
#include "lab/machine/state.h"
#include "probe/endpoint.h"
#include "probe/probe.h"

// A whole cluster of the real programs on one machine. The folder of manifests defines it: a
// machine for every Node, and a pod attached by the real CNI plugin for every Pod with a nodeName.
// The lab takes the parts of Kubernetes: machines, kubelet, container runtime.
//
//   auto lab = Lab::Up({.name = "t1", .nodes = 2});
//   (*lab)->node("node1").RestartOvs();
//   (*lab)->Connect("shop/web-1", address);
//
// Calls block. Not thread-safe, except that different threads may use the nodes at the same time.
namespace kvs::lab {

// Called after each step, with its duration.
using OnStep = std::function<void(std::string_view what, std::chrono::milliseconds time)>;

struct Options {
  std::string name = "lab";       // see State::Of
  std::string manifests;          // folder of manifests, used in place
  std::string copy_from;          // or a folder that is copied to the state folder
  int nodes = 3;                  // or, if both are "", manifests are written for so many nodes,
  bool ipv6_underlay = false;     // which have IPv6 addresses only
  std::string overlay = "vxlan";  // flag --overlay-type of the controller
  std::string cluster_cidr = "10.244.0.0/16,fd00:10:244::/56";
  std::string service_cidr = "10.96.0.0/16,fd00:10:96::/112";
  std::vector<std::string> agent_flags;  // added to the flags of every agent
  bool agents = true;  // false: machines and controller only; no pod can be attached
  OnStep on_step = [](std::string_view, std::chrono::milliseconds) {};
};

class Lab {
 public:
  // Starts everything: cleans up what a killed lab of this name left, then starts machines,
  // controller, agents and pods. An Error if a lab of this name is in use. After a failure nothing
  // is left.
  static Result<std::unique_ptr<Lab>> Up(Options options);
  // Opens a running lab that another program keeps, or that was left by Leave(). This object
  // doesn't stop it.
  static Result<std::unique_ptr<Lab>> Join(const std::string& name);
  // Stops the lab, unless it was joined or left.
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // The lab keeps running after this object is destroyed.
  void Leave() { lock_.reset(); }

  const State& state() const { return state_; }
  const Options& options() const { return options_; }
  const std::map<std::string, std::unique_ptr<Node>>& nodes() const { return nodes_; }
  Node& node(const std::string& name) const { return *nodes_.at(name); }
  const std::map<std::string, Pod>& pods() const { return pods_; }
  // Problems of the folder, as of the last Sync().
  const std::vector<Problem>& problems() const { return problems_; }

  // Pods, nodes and the outside.
  std::vector<probe::Endpoint> Endpoints() const;
  Result<probe::Endpoint> Find(const std::string& endpoint) const;
  // Whether all programs of a lab that is kept up run: the nodes', controller and kubelet.
  bool AllRun() const;

  // Makes the machines equal to the present folder: adds, removes and changes nodes and pods.
  // Continues after a failure; the Error names all of them. Nothing is removed while the folder has
  // problems, because an unreadable object looks absent.
  Result<> Sync();
  // Writes or removes the manifest of a pod, "namespace/name", and calls Sync().
  Result<> AddPod(const std::string& name, const std::string& node);
  Result<> RemovePod(const std::string& name);

  Result<> StartController();
  Result<> StopController(int signal);

  // One probe from an endpoint (a name in Endpoints()).
  Result<probe::Outcome> Connect(const std::string& from, const Ip& to,
                                 uint16_t port = probe::kEchoPort,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(3)) const;
  Result<probe::Outcome> Ping(const std::string& from, const Ip& to,
                              std::chrono::milliseconds timeout = std::chrono::seconds(3)) const;

 private:
  Lab(State state, Options options, Programs programs);
  Result<> BringUp();
  Result<> PrepareManifests();
  Result<> Step(std::string_view what, const std::function<Result<>()>& work);
  std::unique_ptr<Node> MakeNode(const std::string& name, std::vector<Ip> addresses) const;
  Result<> RunNode(Node& node) const;
  Result<> ServeHost(const std::string& netns, const std::string& identity) const;
  Result<> SyncNodes(const Manifests& wanted);
  Result<> SyncPods(const Manifests& wanted);
  Result<> Save() const;

  State state_;
  Options options_;
  Programs programs_;
  std::optional<Lock> lock_;  // none if joined or left
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::map<std::string, Pod> pods_;
  std::vector<Problem> problems_;
};

}  // namespace kvs::lab
