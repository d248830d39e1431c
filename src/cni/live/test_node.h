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

// For live tests and the benchmark: a node in namespaces of its own (network, mounts), with a real
// ovsdb-server and ovs-vswitchd (userspace datapath), bridge k-vswitch0, and something that answers
// the plugin as k-vswitchd would. All of it goes with the process.
namespace kvs::cni {

// Moves the process into namespaces of its own; call it before any thread is made.
void EnterNode();

struct Ended {
  int status = 0;  // exit status; 128 and the signal if a signal ended it
  std::string output;
};
using Variables = std::map<std::string, std::string>;
// Starts a program with these variables added to the environment. Its stderr is ours.
pid_t Start(const std::vector<std::string>& command, const Variables& variables, int input,
            int output);
// Runs one to its end.
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

  // A pod's network namespace; returns its path.
  std::string MakePod(const std::string& name);

  // k-vswitchd's part: writes kvs.realized on every row that has none (or `error` as kvs.error).
  // With `wait_ofport` not before the switch has numbered the port.
  void StartAgent(const std::string& error = "", bool wait_ofport = false);
  void StopAgent();
  void SetAgentReady(bool ready);
  void StopDatabase();
  void StartDatabase();
  void StopSwitch() { Kill(vswitchd_); }

  // The external_ids of all attachments, by port name.
  std::map<std::string, ovsdb::StringMap> Ports();
  // The links of attachments in that group, by name.
  std::vector<std::string> Links(uint32_t group);
  // Deletes dying links, as the agent does.
  void Reap() { (void)host_->Do(netlink::DeleteLinkGroup(28)); }
  // Deletes an attachment's port, as if OVSDB had been rolled back.
  void LosePort(const std::string& name);
  // Makes the port of a link again, as the agent does.
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
