#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "exec/process.h"
#include "lab/machine/programs.h"
#include "lab/machine/state.h"

namespace kvs::lab {

// Whether this machine's kernel has Open vSwitch's datapath.
bool KernelDatapath();

// A machine: a network namespace with its own ovsdb-server and ovs-vswitchd, and the agent. Its NIC
// `u0` is a veth on the underlay. It uses Open vSwitch's kernel datapath if the kernel has it.
// Otherwise it uses the userspace datapath, and `u0` is a port of the OVS bridge `br-phy`, which
// has the node's addresses: userspace tunnels need them on an OVS bridge.
class Node {
 public:
  struct Options {
    std::string name;                      // of the Node object
    std::vector<Ip> addresses;             // its InternalIPs
    std::string manifests;                 // folder for the agent
    std::vector<std::string> agent_flags;  // added to the agent's flags
    Programs programs;
  };
  Node(State state, Options options);

  const std::string& name() const { return options_.name; }
  const std::vector<Ip>& addresses() const { return options_.addresses; }
  std::string netns() const { return state_.Netns(options_.name); }
  std::string ovs_dir() const { return Path("ovs"); }
  std::string ovsdb_socket() const { return Path("ovs/db.sock"); }
  std::string agent_socket() const { return Path("agent/agent.sock"); }
  std::string cni_conf_dir() const { return Path("cni/net.d"); }
  std::string cni_bin_dir() const { return Path("cni/bin"); }
  std::string Log(const std::string& program) const { return Path(program + ".log"); }

  // Creates the namespace, the NIC on the underlay, OVS and br-phy with the addresses, without the
  // agent.
  Result<> BringUp();
  // Ends all processes and removes everything.
  Result<> TakeDown();

  Result<> StartOvsdb();
  Result<> StartOvs();  // ovs-vswitchd
  Result<> StartAgent();
  exec::Command AgentCommand() const;
  // Sends `signal` to "ovsdb-server", "ovs-vswitchd" or "k-vswitchd", and waits for its end.
  Result<> Stop(const std::string& program, int signal);
  // Kills ovs-vswitchd and starts it again; all flows are lost, as after a crash. br-phy is
  // configured again.
  Result<> RestartOvs();
  // Waits until the agent has installed the CNI configuration, so that pods can be attached.
  Result<> AwaitReady(std::chrono::milliseconds timeout) const;
  // The configuration that a container runtime would use; empty if there is none.
  std::string CniConfig() const;

  // A command for this node, with OVS's tools and kvs set to its own sockets.
  exec::Command Here(std::vector<std::string> argv) const;
  // Sends a command to ovs-vswitchd, as ovs-appctl does: Appctl("ofproto/trace", {"k-vswitch0",
  // "..."}).
  Result<std::string> Appctl(const std::string& method, const std::vector<std::string>& args) const;

  static constexpr std::array kPrograms = {"ovsdb-server", "ovs-vswitchd", "k-vswitchd"};
  bool Runs(const std::string& program) const { return state_.Runs(Noted(program)); }
  // The value of one of the agent's metrics, as text; "" if the agent does not have it.
  std::string Metric(const std::string& name) const;

 private:
  std::string Path(const std::string& below) const {
    return state_.Path("nodes/" + options_.name + "/" + below);
  }
  std::string Noted(const std::string& program) const {
    return "nodes/" + options_.name + "/" + program;
  }
  Result<> MakeNic();
  Result<> AddressNic();

  State state_;
  Options options_;
};

}  // namespace kvs::lab
