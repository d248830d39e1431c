#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "flow/flow.h"

// A real ovs-vswitchd with a dummy datapath (ovs-vswitchd --enable-dummy), for tests: it takes
// flows, translates packets and tracks connections, and needs no privilege and no network. It has a
// bridge k-vswitch0 with overlay0 as port 1, pods' ports kv3 (19) and kv4 (20), and an underlay
// 10.200.0.0/24 on which 10.200.0.2 and 10.200.0.3 are known.
namespace kvs::pipeline {

struct Ran {
  int rc = 0;
  std::string output;  // stdout and stderr
};

class DummySwitch {
 public:
  DummySwitch();
  ~DummySwitch();
  DummySwitch(const DummySwitch&) = delete;
  DummySwitch& operator=(const DummySwitch&) = delete;

  // Empty: it runs. Otherwise the command that failed, and what it said.
  std::string Start();

  // Makes the switch hold exactly these meters, and then these flows, in one bundle.
  Ran Load(const std::vector<flow::Flow>& flows, const std::vector<flow::Meter>& meters);
  // What ovs-ofctl alone says of the flows' text.
  Ran ParseFlows(const std::vector<flow::Flow>& flows);
  size_t FlowCount();

  // ofproto/trace (ovs-vswitchd(8)); `next` are the states that the tracker finds, in turn.
  std::string Trace(const std::string& packet, const std::vector<std::string>& next);
  // A packet comes in by `device`, in the syntax of ovs-dpctl(8).
  Ran Receive(const std::string& device, const std::string& packet);
  // Packets that left by the OpenFlow port ("19", "LOCAL").
  uint64_t Sent(const std::string& port);

 private:
  Ran Run(const std::string& command) const;
  std::filesystem::path Write(const std::vector<flow::Flow>& flows) const;
  std::string App() const { return "ovs-appctl -t " + (folder_ / "v.ctl").string() + " "; }
  static std::string Ofctl() { return "ovs-ofctl -O OpenFlow15 "; }

  std::filesystem::path folder_;
};

}  // namespace kvs::pipeline
