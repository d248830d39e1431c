#include "cni/live/test_node.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ovsdb::BlockingClient;
using ovsdb::Table;

using ovsdb::kBridgeName;

// A test can't go on without its node.
void Must(bool good, const std::string& what) {
  if (good) return;
  std::perror(what.c_str());
  std::abort();
}

template <class T>
T Must(Result<T> result) {
  Must(result.has_value(), result ? "" : result.error().message);
  return *std::move(result);
}

void MakeNode(const std::string& folder, const std::string& pod_ranges, BlockingClient& client) {
  ovsdb::Transaction first;
  const auto root = first.Insert(Table::kOpenVSwitch, {});
  const auto made = client.Transact(std::move(first), In(10s));
  Must(made.has_value(), "make the root row");
  const ovsdb::BridgeFacts facts{.node = "node1",
                                 .pod_ranges = Must(ParsePrefixes(pod_ranges)),
                                 .mtu = 1450,
                                 .datapath = DatapathType() == "netdev"
                                                 ? ovsdb::BridgeFacts::Datapath::kNetdev
                                                 : ovsdb::BridgeFacts::Datapath::kSystem,
                                 .agent_ready = true};
  const ovsdb::Bridge bridge{.name = kBridgeName,
                             .datapath_type = DatapathType(),
                             .fail_mode = "secure",
                             .external_ids = facts.ToExternalIds()};
  ovsdb::Transaction second;
  second.InsertBridge(made->IdOf(root), bridge, {.name = kBridgeName, .type = "internal"});
  Must(client.Transact(std::move(second), In(10s)).has_value(), "make the bridge in " + folder);
}

// Plays k-vswitchd's part for the plugin, until `stop`.
void Realize(const std::string& socket, const std::string& error, bool wait_ofport,
             const std::atomic<bool>& stop) {
  auto client = Must(BlockingClient::Connect(socket, In(10s)));
  const ovsdb::Watch rows{.any_of = {}, .columns = {"name", "external_ids", "ofport"}};
  (void)client->StartMonitor({{Table::kInterface, rows}}, In(10s));
  const ovsdb::StringMap verdict =
      ovsdb::AttachmentStatus{.realized = error.empty() ? std::optional<uint64_t>(1) : std::nullopt,
                              .error = error}
          .ToExternalIds();
  while (!stop) {
    ovsdb::Transaction answers;
    bool any = false;
    const auto unanswered = [&](const ovsdb::Replica& replica) {
      for (const auto& [uuid, row] : replica.interfaces)
        if (ovsdb::Attachment::IsIn(row.external_ids) &&
            !row.external_ids.contains(verdict.begin()->first) &&
            (!wait_ofport || row.ofport.value_or(-1) > 0)) {
          answers.InsertInto(Table::kInterface, uuid, "external_ids", verdict);
          any = true;
        }
      return any;
    };
    if (client->WaitUntil(unanswered, In(50ms)))
      (void)client->Transact(std::move(answers), In(10s));
  }
}

}  // namespace

void EnterNode() {
  Must(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "make namespaces");
  Must(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
  std::filesystem::create_directories("/run/netns");
  Must(mount("none", "/run/netns", "tmpfs", 0, nullptr) == 0, "mount /run/netns");
  auto socket = Must(netlink::Socket::Open());
  Must(socket->Do(netlink::SetLink("lo", {.up = true})).has_value(), "set lo up");
}

std::string DatapathType() {
  return std::filesystem::exists("/sys/module/openvswitch") ? "system" : "netdev";
}

pid_t Start(const std::vector<std::string>& command, const Variables& variables, int input,
            int output) {
  std::vector<std::string> environment;
  for (char** one = environ; *one; ++one) environment.emplace_back(*one);
  for (const auto& [name, value] : variables)
    environment.push_back(fmt::format("{}={}", name, value));
  std::vector<char*> arguments, pointers;
  arguments.reserve(command.size() + 1);
  pointers.reserve(environment.size() + 1);
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  for (std::string& one : environment) pointers.push_back(one.data());
  arguments.push_back(nullptr);
  pointers.push_back(nullptr);
  // Not posix_spawn, which has no PR_SET_PDEATHSIG; not fork, which a benchmark would time.
  // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork)
  const pid_t pid = vfork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (input >= 0) dup2(input, STDIN_FILENO);
  if (output >= 0) dup2(output, STDOUT_FILENO);
  execvpe(arguments[0], arguments.data(), pointers.data());
  _exit(127);
  // NOLINTEND(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork)
}

Ended RunProgram(const std::vector<std::string>& command, const Variables& variables,
                 const std::string& input) {
  const int in = memfd_create("stdin", MFD_CLOEXEC);
  Must(write(in, input.data(), input.size()) == static_cast<ssize_t>(input.size()), "write stdin");
  lseek(in, 0, SEEK_SET);
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
  const pid_t pid = Start(command, variables, in, ends[1]);
  close(in);
  close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t size; (size = read(ends[0], buffer, sizeof buffer)) > 0;)
    ended.output.append(buffer, static_cast<size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

TestNode::TestNode(const std::string& pod_ranges) {
  std::string name = "/tmp/kvs-cni-XXXXXX";
  Must(mkdtemp(name.data()) != nullptr, "make a folder");
  folder_ = name;
  setenv("OVS_RUNDIR", folder_.c_str(), 1);
  host_ = Must(netlink::Socket::Open());
  Must(RunProgram(
           {"ovsdb-tool", "create", path("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema"})
               .status == 0,
       "ovsdb-tool create");
  StartDatabase();
  MakeNode(folder_, pod_ranges, *Must(BlockingClient::Connect(socket(), In(10s))));
  vswitchd_ = Start({"ovs-vswitchd", "--unixctl=" + path("v.ctl"), "-vconsole:off",
                     "--log-file=" + path("v.log"), "unix:" + socket()},
                    {}, -1, -1);
  while (!netlink::FindLink(*host_, kBridgeName)) std::this_thread::sleep_for(5ms);
}

TestNode::~TestNode() {
  StopAgent();
  Kill(vswitchd_);
  Kill(server_);
  for (const auto& one : std::filesystem::directory_iterator("/run/netns"))
    (void)netlink::Namespace::Delete(one.path().filename().string());
  std::filesystem::remove_all(folder_);
}

void TestNode::Kill(pid_t& pid) {
  if (pid <= 0) return;
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  pid = 0;
}

void TestNode::StartDatabase() {
  server_ = Start({"ovsdb-server", "--remote=punix:" + socket(), "--unixctl=" + path("d.ctl"),
                   "-vconsole:off", "--log-file=" + path("d.log"), path("conf.db")},
                  {}, -1, -1);
  while (!BlockingClient::Connect(socket(), In(10s))) std::this_thread::sleep_for(5ms);
}

void TestNode::StopDatabase() { Kill(server_); }

std::string TestNode::MakePod(const std::string& name) {
  (void)Must(netlink::Namespace::Create(name));
  return netlink::Namespace::Path(name);
}

void TestNode::StartAgent(const std::string& error, bool wait_ofport) {
  StopAgent();
  stop_ = false;
  agent_ = std::thread([=, this] { Realize(socket(), error, wait_ofport, stop_); });
}

void TestNode::StopAgent() {
  stop_ = true;
  if (agent_.joinable()) agent_.join();
}

ovsdb::Reply TestNode::Transact(ovsdb::Transaction transaction) {
  auto client = Must(BlockingClient::Connect(socket(), In(10s)));
  auto reply = client->Transact(std::move(transaction), In(10s));
  Must(reply.has_value(), reply ? "" : reply.error().message);
  return std::move(*reply);
}

ovsdb::Replica TestNode::Read() {
  ovsdb::Transaction reading;
  for (const Table table : {Table::kBridge, Table::kPort, Table::kInterface})
    reading.Select(table, {});
  return Transact(std::move(reading)).selected;
}

void TestNode::SetAgentReady(bool ready) {
  const ovsdb::Uuid bridge = Read().bridges.Find(kBridgeName)->uuid;
  ovsdb::Transaction setting;
  const std::string key(ovsdb::kAgentKey);
  if (ready)
    setting.SetExternalIds(Table::kBridge, bridge, {{key, "ready"}});
  else
    setting.RemoveExternalIds(Table::kBridge, bridge, {key});
  Transact(std::move(setting));
}

std::map<std::string, ovsdb::StringMap> TestNode::Ports() {
  std::map<std::string, ovsdb::StringMap> ports;
  for (const auto& [uuid, row] : Read().interfaces)
    if (ovsdb::Attachment::IsIn(row.external_ids)) ports.emplace(row.name, row.external_ids);
  return ports;
}

std::vector<std::string> TestNode::Links(uint32_t group) {
  std::vector<std::string> names;
  for (const netlink::Link& link : Must(netlink::DumpLinks(*host_)))
    if (link.group == group) names.push_back(link.name);
  return names;
}

int TestNode::Reconfigurations() {
  return std::stoi(
      RunProgram({"ovs-appctl", "-t", path("v.ctl"), "coverage/read-counter", "bridge_reconfigure"})
          .output);
}

void TestNode::Settle() {
  static int asked = 0;
  const Ended ended =
      RunProgram({"ovs-vsctl", "--db=unix:" + socket(), "--timeout=60", "set", "Open_vSwitch", ".",
                  fmt::format("external_ids:asked={}", ++asked)});
  Must(ended.status == 0, "wait for ovs-vswitchd: " + ended.output);
}

void TestNode::LosePort(const std::string& name) {
  const ovsdb::Replica rows = Read();
  ovsdb::Transaction deleting;
  deleting.DeletePort(rows.bridges.Find(kBridgeName)->uuid, rows.ports.Find(name)->uuid);
  Transact(std::move(deleting));
}

void TestNode::RestorePort(const std::string& name) {
  const auto link = Must(netlink::FindLink(*host_, name));
  const auto attachment = Must(ovsdb::Attachment::FromAlias(
      ovsdb::Attachment::WholeAlias(link.alias, link.name, link.alt_names)));
  ovsdb::Interface end{.name = name};
  end.external_ids = attachment.ToExternalIds();
  ovsdb::Transaction inserting;
  inserting.InsertPort(Read().bridges.Find(kBridgeName)->uuid, {.name = name}, end);
  Transact(std::move(inserting));
}

}  // namespace kvs::cni
