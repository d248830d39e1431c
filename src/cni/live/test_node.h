#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cni/plugin.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/socket.h"
#include "ovsdb/attachment.h"
#include "ovsdb/blocking_client.h"

// For live tests and the benchmark: a node in its own namespaces (network, mounts) with a real
// ovsdb-server and ovs-vswitchd (the kernel's datapath if it has one), bridge k-vswitch0, and a
// stand-in for k-vswitchd that answers the plugin. Everything ends with the process.
namespace kvs::cni {

// Moves the process into its own namespaces; must be called before any thread is created.
void EnterNode();

// "system" where the kernel has Open vSwitch's module, else "netdev".
std::string DatapathType();

struct Ended {
  int status = 0;  // exit status; 128 and the signal if a signal ended it
  std::string output;
};
using Variables = std::map<std::string, std::string>;
// Starts a program with these variables added to the environment. It writes to our stderr.
pid_t Start(const std::vector<std::string>& command, const Variables& variables, int input,
            int output);
// Runs a program to its end.
Ended RunProgram(const std::vector<std::string>& command, const Variables& variables = {},
                 const std::string& input = "");

class TestNode {
 public:
  explicit TestNode(const std::string& pod_ranges = "10.1.1.0/24,fd00:10:1:1::/64");
  ~TestNode();
  TestNode(const TestNode&) = delete;
  TestNode& operator=(const TestNode&) = delete;

  std::string path(const std::string& file) const { return folder_ + "/" + file; }
  std::string socket() const { return path("db.sock"); }
  netlink::Socket& host() { return *host_; }

  // Creates a pod's network namespace; returns its path.
  std::string MakePod(const std::string& name);

  // k-vswitchd's part: writes kvs.realized on every row without one (or `error` as kvs.error). With
  // `wait_ofport` only after the switch has assigned the port a number.
  void StartAgent(const std::string& error = "", bool wait_ofport = false);
  void StopAgent();
  void SetAgentReady(bool ready);
  void StopDatabase();
  void StartDatabase();
  void StopSwitch() { Kill(vswitchd_); }

  // The external_ids of all attachments, by port name.
  std::map<std::string, ovsdb::StringMap> Ports();
  // The attachments' links in that group, by name.
  std::vector<std::string> Links(uint32_t group);
  // Number of reconfigurations of ovs-vswitchd (coverage counter bridge_reconfigure).
  int Reconfigurations();
  // Returns when the switch has done everything that is in the database.
  void Settle();
  // Deletes the links that the plugin left, as the agent does.
  void Reap() { (void)host_->Do(netlink::DeleteLinkGroup(28)); }
  // Deletes an attachment's port, as if OVSDB had been rolled back.
  void LosePort(const std::string& name);
  // Recreates the port of a link, as the agent does.
  void RestorePort(const std::string& name);

 private:
  ovsdb::Reply Transact(ovsdb::Transaction transaction);
  ovsdb::Replica Read();
  void Kill(pid_t& pid);

  std::string folder_;
  pid_t server_ = 0, vswitchd_ = 0;
  std::unique_ptr<netlink::Socket> host_;
  std::atomic<bool> stop_ = false;
  std::thread agent_;
};

}  // namespace kvs::cni
