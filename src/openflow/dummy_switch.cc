#include "openflow/dummy_switch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace kvs::openflow {
namespace {

constexpr const char* kSchema = "/usr/share/openvswitch/vswitch.ovsschema";

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "dummy switch: %s\n", what.c_str());
  std::abort();
}

void Await(const std::string& path) {
  for (int i = 0; i < 2000; ++i) {
    if (std::filesystem::exists(path)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Die(path + " does not appear");
}

void End(pid_t& pid, int signal) {
  if (pid == 0) return;
  kill(pid, signal);
  waitpid(pid, nullptr, 0);
  pid = 0;
}

// Starts a program with its output in the file or pipe `output`.
pid_t Spawn(const std::vector<std::string>& command, int output, int errors) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  pid_t pid = 0;
  if (posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
    Die("cannot start " + command[0] + " (is openvswitch-switch installed?)");
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

DummySwitch::DummySwitch() {
  std::string name = std::filesystem::temp_directory_path() / "kvs-openflow-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) Die("cannot make " + name);
  folder_ = name;
  setenv("OVS_RUNDIR", folder_.c_str(), 1);
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  Run({"ovsdb-tool", "create", folder_ + "/conf.db", kSchema});
  server_ = Start({"ovsdb-server", "--remote=p" + db(), "--unixctl=" + folder_ + "/server.ctl",
                   folder_ + "/conf.db"});
  Await(folder_ + "/db.sock");
  Vsctl({"--no-wait", "init"});
  StartVswitchd();
  Vsctl({"add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail_mode=secure"});
  Await(socket());
}

DummySwitch::~DummySwitch() {
  End(vswitchd_, SIGKILL);
  End(server_, SIGKILL);
  std::filesystem::remove_all(folder_);
}

void DummySwitch::KillVswitchd() { End(vswitchd_, SIGKILL); }
void DummySwitch::StopVswitchd() { kill(vswitchd_, SIGSTOP); }

void DummySwitch::StartVswitchd() {
  vswitchd_ = Start({"ovs-vswitchd", "--enable-dummy", "--disable-system",
                     "--unixctl=" + folder_ + "/vswitchd.ctl", db()});
  Await(folder_ + "/vswitchd.ctl");
}

std::string DummySwitch::Run(const std::vector<std::string>& command) const {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Die("no pipe");
  pid_t pid = Spawn(command, ends[1], 2);
  close(ends[1]);
  std::string out;
  char bytes[4096];
  for (ssize_t n; (n = read(ends[0], bytes, sizeof bytes)) > 0;)
    out.append(bytes, static_cast<size_t>(n));
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  return out;
}

std::string DummySwitch::Ofctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"ovs-ofctl", "-vconsole:off", "-O", "OpenFlow15"});
  return Run(arguments);
}

std::string DummySwitch::Vsctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"ovs-vsctl", "--timeout=10", "--db=" + db()});
  return Run(arguments);
}

std::string DummySwitch::Appctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"ovs-appctl", "-t", folder_ + "/vswitchd.ctl"});
  return Run(arguments);
}

pid_t DummySwitch::Start(const std::vector<std::string>& command) const {
  const int log = open((folder_ + "/" + command[0] + ".log").c_str(),
                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = Spawn(command, log, log);
  close(log);
  return pid;
}

}  // namespace kvs::openflow
