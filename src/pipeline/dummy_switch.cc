#include "pipeline/dummy_switch.h"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

namespace kvs::pipeline {
namespace {

// Its datapath ends with the process, so SIGTERM would only make it wait for its threads: seconds.
void End(const std::filesystem::path& pid_file) {
  std::ifstream in(pid_file);
  pid_t pid = 0;
  if (!(in >> pid)) return;
  kill(pid, SIGKILL);
  for (int i = 0; i < 500 && kill(pid, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

DummySwitch::DummySwitch() {
  std::string path = "/tmp/kvs-pipeline-XXXXXX";
  folder_ = mkdtemp(path.data());
}

DummySwitch::~DummySwitch() {
  End(folder_ / "v.pid");
  End(folder_ / "d.pid");
  std::filesystem::remove_all(folder_);
}

Ran DummySwitch::Run(const std::string& command) const {
  const std::string line = fmt::format("cd {0}; export OVS_RUNDIR={0} OVS_LOGDIR={0}; {1} 2>&1",
                                       folder_.string(), command);
  FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return {127, "popen failed"};
  Ran ran;
  std::array<char, 4096> some;
  while (const size_t got = fread(some.data(), 1, some.size(), pipe))
    ran.output.append(some.data(), got);
  ran.rc = WEXITSTATUS(pclose(pipe));
  return ran;
}

std::string DummySwitch::Start() {
  const std::string vsctl = "ovs-vsctl --timeout=20 --db=unix:db.sock ";
  for (const std::string& command : {
           std::string("ovsdb-tool create conf.db /usr/share/openvswitch/vswitch.ovsschema"),
           std::string("ovsdb-server --remote=punix:db.sock --unixctl=$PWD/d.ctl "
                       "--pidfile=$PWD/d.pid --log-file=$PWD/d.log -vconsole:off --detach "
                       "--no-chdir conf.db >/dev/null"),
           vsctl + "--no-wait init",
           std::string("ovs-vswitchd --enable-dummy --disable-system --disable-system-route "
                       "--unixctl=$PWD/v.ctl --pidfile=$PWD/v.pid --log-file=$PWD/v.log "
                       "-vconsole:off --detach --no-chdir unix:db.sock >/dev/null"),
           vsctl + "add-br br-phy -- set bridge br-phy datapath_type=dummy "
                   "-- add-br k-vswitch0 -- set bridge k-vswitch0 datapath_type=dummy "
                   "fail_mode=secure protocols=OpenFlow15 "
                   "-- add-port k-vswitch0 overlay0 -- set interface overlay0 type=vxlan "
                   "options:remote_ip=flow options:key=flow ofport_request=1 "
                   "-- add-port k-vswitch0 kv3 -- set interface kv3 type=dummy ofport_request=19 "
                   "-- add-port k-vswitch0 kv4 -- set interface kv4 type=dummy ofport_request=20",
           App() + "netdev-dummy/ip4addr br-phy 10.200.0.1/24",
           App() + "ovs/route/add 10.200.0.1/24 br-phy",
           App() + "tnl/arp/set br-phy 10.200.0.2 02:00:00:00:02:02",
           App() + "tnl/arp/set br-phy 10.200.0.3 02:00:00:00:02:03",
       }) {
    const Ran ran = Run(command);
    if (ran.rc != 0) return command + ": " + ran.output;
  }
  return "";
}

std::filesystem::path DummySwitch::Write(const std::vector<flow::Flow>& flows) const {
  std::filesystem::path path = folder_ / "flows.txt";
  std::ofstream out(path);
  for (const flow::Flow& flow : flows) out << flow.ToString() << "\n";
  return path;
}

Ran DummySwitch::Load(const std::vector<flow::Flow>& flows,
                      const std::vector<flow::Meter>& meters) {
  std::string remake = Ofctl() + "del-meters k-vswitch0";
  for (const flow::Meter& meter : meters)
    remake += " && " + Ofctl() + "add-meter k-vswitch0 " + meter.ToString();
  if (Ran ran = Run(remake); ran.rc != 0) return ran;
  return Run(Ofctl() + "--bundle replace-flows k-vswitch0 " + Write(flows).string());
}

Ran DummySwitch::ParseFlows(const std::vector<flow::Flow>& flows) {
  return Run(Ofctl() + "parse-flows " + Write(flows).string());
}

size_t DummySwitch::FlowCount() {
  const std::string out = Run(Ofctl() + "dump-flows --no-stats k-vswitch0").output;
  size_t count = 0;
  for (size_t at = out.find("actions="); at != out.npos; at = out.find("actions=", at + 1)) ++count;
  return count;
}

std::string DummySwitch::Trace(const std::string& packet, const std::vector<std::string>& next) {
  std::string command = App() + "ofproto/trace k-vswitch0 '" + packet + "'";
  for (const std::string& state : next) command += " --ct-next '" + state + "'";
  return Run(command).output;
}

Ran DummySwitch::Receive(const std::string& device, const std::string& packet) {
  return Run(App() + "netdev-dummy/receive " + device + " '" + packet + "'");
}

uint64_t DummySwitch::Sent(const std::string& port) {
  const std::string out = Run(Ofctl() + "dump-ports k-vswitch0 " + port).output;
  const std::string_view before = "tx pkts=";
  const size_t at = out.find(before);
  uint64_t count = 0;
  if (at != out.npos)
    std::from_chars(out.data() + at + before.size(), out.data() + out.size(), count);
  return count;
}

}  // namespace kvs::pipeline
