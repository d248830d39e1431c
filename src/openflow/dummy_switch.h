#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace kvs::openflow {

// For tests and benchmarks: a real Open vSwitch with a dummy datapath and one empty bridge, br0, in
// a temporary folder. It needs no privileges and does not touch the network. Aborts the test if it
// can't be started.
class DummySwitch {
 public:
  DummySwitch();
  ~DummySwitch();
  DummySwitch(const DummySwitch&) = delete;
  DummySwitch& operator=(const DummySwitch&) = delete;

  std::string socket() const { return folder_ + "/br0.mgmt"; }
  const std::string& folder() const { return folder_; }

  // Runs a program (found in PATH) to its end and returns its standard output.
  std::string Run(const std::vector<std::string>& command) const;
  std::string Ofctl(std::vector<std::string> arguments) const;  // ovs-ofctl -O OpenFlow15 ...
  std::string Vsctl(std::vector<std::string> arguments) const;
  std::string Appctl(std::vector<std::string> arguments) const;  // to ovs-vswitchd

  void KillVswitchd();  // with SIGKILL
  void StopVswitchd();  // SIGSTOP: alive, but silent
  void StartVswitchd();

 private:
  pid_t Start(const std::vector<std::string>& command) const;
  std::string db() const { return "unix:" + folder_ + "/db.sock"; }

  std::string folder_;
  pid_t server_ = 0, vswitchd_ = 0;
};

}  // namespace kvs::openflow
