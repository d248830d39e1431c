#include "lab/machine/node.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "exec/netns.h"
#include "io/stream.h"
#include "lab/machine/underlay.h"
#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/route.h"
#include "netlink/socket.h"
#include "ovsdb/unixctl.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kNic[] = "u0";
constexpr char kBridge[] = "br-phy";
constexpr char kSchema[] = "/usr/share/openvswitch/vswitch.ovsschema";

// With the kernel's datapath a node's NIC stays an ordinary one. Open vSwitch in userspace tunnels
// only through a bridge of its own, so there the NIC is its port and the bridge has the node's
// addresses.
const char* AddressedLink() { return KernelDatapath() ? kNic : kBridge; }

// The last lines of a log, for the message about its program.
std::string Tail(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  return text.size() <= 600 ? text : "..." + text.substr(text.size() - 600);
}

// The version that ovs-ctl(8) would write into the database at start.
Result<std::string> OvsVersion() {
  auto said =
      exec::Check({.argv = {"ovs-vswitchd", "--version"}});  // "... (Open vSwitch) 3.1.0\n..."
  if (!said) return said;
  const auto line = said->substr(0, said->find('\n'));
  return line.substr(line.rfind(' ') + 1);
}

template <class Condition>
bool Await(milliseconds timeout, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(3));
  }
  return true;
}

// Whether a program listens on the Unix socket.
bool Listens(const std::string& socket) {
  io::Loop loop;
  bool listens = false;
  const auto stream = io::Stream::Connect(loop, socket,
                                          {.on_open =
                                               [&] {
                                                 listens = true;
                                                 loop.Stop();
                                               },
                                           .on_data = {},
                                           .on_close = [&](const Error&) { loop.Stop(); },
                                           .on_drain = {}});
  loop.Run();
  return listens;
}

}  // namespace

bool KernelDatapath() { return Exists("/sys/module/openvswitch"); }

Node::Node(State state, Options options) : state_(std::move(state)), options_(std::move(options)) {}

Result<> Node::BringUp() {
  std::error_code error;
  for (const auto& folder : {ovs_dir(), cni_conf_dir(), cni_bin_dir(), Path("agent")})
    fs::create_directories(folder, error);
  if (auto done = exec::MakeNetns(netns()); !done) return done;
  if (auto done = MakeNic(); !done) return done;
  if (auto done = StartOvsdb(); !done) return done;
  if (auto done = StartOvs(); !done) return done;
  if (KernelDatapath()) return AddressNic();
  auto made =
      exec::Check(Here({"ovs-vsctl", "--timeout=20", "--", "add-br", kBridge, "--", "set", "bridge",
                        kBridge, "datapath_type=netdev", "--", "add-port", kBridge, kNic}),
                  seconds(25));
  if (!made) return tl::unexpected<Error>(made.error());
  return AddressNic();
}

Result<> Node::MakeNic() {
  if (auto done = Plug(state_, netns(), kNic); !done || KernelDatapath()) return done;
  auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns()));
  if (!space) return tl::unexpected<Error>(space.error());
  auto quiet =
      space->Run([] { return netlink::WriteSysctl("net/ipv6/conf/u0/disable_ipv6", "1"); });
  if (!quiet) return quiet;
  // Open vSwitch reads the NIC beside the kernel, which must not answer as well. In a table of its
  // own, separate from the agent's.
  auto drop =
      exec::Check({.argv = {"nft", "-f", "-"},
                   .netns = netns(),
                   .input = "table netdev kvs-lab {\n chain nic {\n  type filter hook ingress "
                            "device \"u0\" priority 0; policy drop;\n }\n}\n"});
  if (!drop) return tl::unexpected<Error>(drop.error());
  return {};
}

Result<> Node::AddressNic() {
  auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns()));
  if (!space) return tl::unexpected<Error>(space.error());
  auto socket = netlink::Socket::OpenIn(*space);
  if (!socket) return tl::unexpected<Error>(socket.error());
  auto bridge = netlink::FindLink(**socket, AddressedLink());
  if (!bridge) return tl::unexpected<Error>(bridge.error());
  std::vector requests{netlink::SetLink(*bridge, {.up = true})};
  for (const Ip& ip : addresses()) {
    requests.push_back(netlink::ReplaceAddress(
        {.link = bridge->index, .ip = ip, .length = Underlay::Length(ip), .no_dad = true}));
    for (const Ip& router : Underlay::Router()) {
      if (router.is4() != ip.is4()) continue;
      requests.push_back(
          netlink::ReplaceRoute({.destination = Prefix(router.is4() ? Ip(Ip4{}) : Ip6{}, 0),
                                 .link = bridge->index,
                                 .via = router,
                                 .protocol = RTPROT_STATIC}));
    }
  }
  return (*socket)->Do(requests);
}

Result<> Node::StartOvsdb() {
  const std::string database = Path("ovs/conf.db");
  if (!Exists(database)) {
    if (auto made = exec::Check({.argv = {"ovsdb-tool", "create", database, kSchema}}); !made)
      return tl::unexpected<Error>(made.error());
  }
  auto process = exec::Start(Here({"ovsdb-server", "--remote=punix:" + ovsdb_socket(), "--pidfile",
                                   "--no-chdir", database}),
                             Log("ovsdb-server"));
  if (!process) return tl::unexpected<Error>(process.error());
  if (auto noted = state_.Note(Noted("ovsdb-server"), *process); !noted) return noted;
  if (!Await(seconds(10), [&] { return Listens(ovsdb_socket()) || !exec::IsAlive(*process); }) ||
      !exec::IsAlive(*process))
    return Fail("ovsdb-server of {} does not start: {}", name(), Tail(Log("ovsdb-server")));
  const auto version = OvsVersion();
  if (!version) return tl::unexpected<Error>(version.error());
  const auto told = exec::Check(Here({"ovs-vsctl", "--timeout=5", "--no-wait", "--", "init", "--",
                                      "set", "Open_vSwitch", ".", "ovs-version=" + *version}));
  return told ? Result<>() : tl::unexpected<Error>(told.error());
}

Result<> Node::StartOvs() {
  auto process =
      exec::Start(Here({"ovs-vswitchd", "--pidfile", "--no-chdir", "unix:" + ovsdb_socket()}),
                  Log("ovs-vswitchd"));
  if (!process) return tl::unexpected<Error>(process.error());
  return state_.Note(Noted("ovs-vswitchd"), *process);
}

Result<> Node::RestartOvs() {
  if (auto stopped = Stop("ovs-vswitchd", SIGKILL); !stopped) return stopped;
  if (auto started = StartOvs(); !started) return started;
  const auto addressed = [&] { return AddressNic().has_value(); };
  if (!Await(seconds(10), addressed))
    return Fail("ovs-vswitchd of {} does not start: {}", name(), Tail(Log("ovs-vswitchd")));
  return {};
}

exec::Command Node::AgentCommand() const {
  std::vector<std::string> argv{
      options_.programs.agent,
      "--node-name=" + name(),
      "--manifests=" + options_.manifests,
      "--ovsdb=" + ovsdb_socket(),
      "--run-dir=" + Path("agent"),
      "--cni-conf-dir=" + cni_conf_dir(),
      "--cni-bin-dir=" + cni_bin_dir(),
      "--cni-binary=" + options_.programs.cni,
      fmt::format("--datapath={}", KernelDatapath() ? "system" : "netdev")};
  argv.insert(argv.end(), options_.agent_flags.begin(), options_.agent_flags.end());
  return Here(std::move(argv));
}

Result<> Node::StartAgent() {
  auto process = exec::Start(AgentCommand(), Log("k-vswitchd"));
  if (!process) return tl::unexpected<Error>(process.error());
  return state_.Note(Noted("k-vswitchd"), *process);
}

Result<> Node::Stop(const std::string& program, int signal) {
  const std::string what = Noted(program);
  auto process = state_.Find(what);
  if (!process) return tl::unexpected<Error>(process.error());
  exec::Signal(*process, signal);
  if (!exec::AwaitEnd(*process, seconds(10)))
    return Fail("{} does not end on signal {}", what, signal);
  state_.Forget(what);
  return {};
}

std::string Node::CniConfig() const {
  for (const std::string& name : NamesIn(cni_conf_dir()).value_or(std::vector<std::string>()))
    if (name.ends_with(".conflist")) return cni_conf_dir() + "/" + name;
  return "";
}

Result<> Node::AwaitReady(milliseconds timeout) const {
  auto agent = state_.Find(Noted("k-vswitchd"));
  if (!agent) return tl::unexpected<Error>(agent.error());
  const auto ready = [&] { return !CniConfig().empty(); };
  if (!Await(timeout, [&] { return ready() || !exec::IsAlive(*agent); }) ||
      !exec::IsAlive(*agent)) {
    return Fail("k-vswitchd of {} {}: {}", name(),
                exec::IsAlive(*agent) ? "has installed no CNI configuration" : "ended",
                Tail(Log("k-vswitchd")));
  }
  return {};
}

Result<> Node::TakeDown() {
  for (const auto& [what, process] : state_.Processes()) {
    if (!what.starts_with(Noted(""))) continue;
    exec::Signal(process, SIGKILL);
    exec::AwaitEnd(process, seconds(5));
    state_.Forget(what);
  }
  if (auto unplugged = Unplug(state_, netns()); !unplugged) return unplugged;
  if (auto removed = exec::RemoveNetns(netns()); !removed) return removed;
  std::error_code error;
  fs::remove_all(Path(""), error);
  return {};
}

exec::Command Node::Here(std::vector<std::string> argv) const {
  return {.argv = std::move(argv),
          .netns = netns(),
          .env = {"OVS_RUNDIR=" + ovs_dir(), "OVS_DBDIR=" + ovs_dir(), "OVS_LOGDIR=" + ovs_dir(),
                  "OVS_SYSCONFDIR=" + ovs_dir(), "KVS_SOCKET=" + agent_socket()}};
}

Result<std::string> Node::Appctl(const std::string& method,
                                 const std::vector<std::string>& args) const {
  io::Loop loop;
  ovsdb::Unixctl vswitchd(loop, ovs_dir(), "ovs-vswitchd");
  Result<std::string> answer;
  vswitchd.Ask(method, args, [&](const Result<std::string>& said) { answer = said; });
  loop.Run();
  return answer;
}

std::string Node::Metric(const std::string& name) const {
  const auto all =
      exec::Check(Here({"curl", "-s", "--unix-socket", agent_socket(), "http://agent/metrics"}));
  const size_t at = all ? all->find("\n" + name + " ") : std::string::npos;
  if (at == std::string::npos) return "";
  const size_t value = at + name.size() + 2;
  return all->substr(value, all->find('\n', value) - value);
}

}  // namespace kvs::lab
