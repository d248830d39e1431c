#include "exec/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say so
}

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <sstream>
#include <thread>
#include <utility>

#include "base/fd.h"
#include "base/file.h"
#include "exec/netns.h"
#include "netlink/namespace.h"

namespace kvs::exec {
namespace {

using std::chrono::milliseconds;

// A file in memory for a child's standard input or output: unlike a pipe it can't fill up.
int MemoryFile(const std::string& content) {
  const int fd = memfd_create("kvs-lab", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd >= 0 && !content.empty()) {
    if (write(fd, content.data(), content.size()) < 0) return fd;
    lseek(fd, 0, SEEK_SET);
  }
  return fd;
}

size_t Size(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? static_cast<size_t>(info.st_size) : 0;
}

std::string Content(int fd) {
  std::string content(Size(fd), '\0');
  const ssize_t size = pread(fd, content.data(), content.size(), 0);
  content.resize(static_cast<size_t>(std::max<ssize_t>(0, size)));
  return content;
}

// `argv` as exec(3) wants it. Points into `strings`.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view have = *entry;
    const auto name = have.substr(0, have.find('=') + 1);
    bool replaced = false;
    for (const auto& ours : added) replaced |= ours.starts_with(name);
    if (!replaced) all.emplace_back(have);
  }
  return all;
}

Result<pid_t> SpawnHere(const Command& command, int in, int out, int err, bool own_session) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            (own_session ? POSIX_SPAWN_SETSID : 0));
  auto argv = command.argv;
  auto env = Environment(command.env);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0].c_str(), &files, &attributes, Pointers(argv).data(),
                                 Pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT) {
    return tl::unexpected<Error>(
        {fmt::format("{}: not found; on Debian: apt-get install openvswitch-switch nftables",
                     command.argv[0]),
         error});
  }
  if (error != 0) return FailErrno(error, "start {}", command.argv[0]);
  return pid;
}

Result<pid_t> Spawn(const Command& command, int in, int out, int err, bool own_session) {
  if (command.argv.empty()) return Fail("start a program: no name given");
  const auto spawn = [&] { return SpawnHere(command, in, out, err, own_session); };
  if (command.netns.empty()) return spawn();
  auto inside = netlink::Namespace::Open(netlink::Namespace::Path(command.netns));
  if (!inside) return Wrap("start " + command.argv[0], inside.error());
  Result<pid_t> spawned;
  std::thread inside_for_good([&] {  // does not come back to the caller's mounts
    spawned = inside->Run([&]() -> Result<pid_t> {
      if (auto mounted = MountSysfs(); !mounted)
        return Wrap("start " + command.argv[0], mounted.error());
      return spawn();
    });
  });
  inside_for_good.join();
  return spawned;
}

// False if it hasn't ended at the timeout, or when `stop`, which is polled, returns true.
bool AwaitEndUnless(pid_t pid, milliseconds timeout, const std::function<bool()>& stop) {
  constexpr milliseconds kInterval{20};
  const auto end = std::chrono::steady_clock::now() + timeout;
  const Fd handle(pidfd_open(pid, 0));
  pollfd wait{handle.get(), POLLIN, 0};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    const auto now = std::clamp(left, milliseconds(0), kInterval);
    if (poll(&wait, 1, static_cast<int>(now.count())) > 0) return true;
    if (left <= milliseconds(0) || stop()) return false;
  }
}

}  // namespace

std::string Command::ToString() const {
  std::string text;
  for (const auto& word : argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

Result<Output> RunToEnd(const Command& command, milliseconds timeout) {
  const Fd in(MemoryFile(command.input)), out(MemoryFile("")), err(MemoryFile(""));
  const auto pid = Spawn(command, in.get(), out.get(), err.get(), false);
  if (!pid) return tl::unexpected<Error>(pid.error());
  const auto too_much = [&] {
    return Size(out.get()) > command.most || Size(err.get()) > command.most;
  };
  const bool ended = AwaitEndUnless(*pid, timeout, too_much);
  if (!ended) kill(*pid, SIGKILL);
  int status = 0;
  waitpid(*pid, &status, 0);
  // Processes that it left behind would fill the memory with output that is never read.
  for (const Fd* said : {&out, &err}) fcntl(said->get(), F_ADD_SEALS, F_SEAL_GROW);
  if (too_much())
    return Fail("{}: says more than {} MiB, which is the most", command.ToString(),
                command.most >> 20);
  if (!ended) {
    return Fail("{}: not done after {} ms: {}", command.ToString(), timeout.count(),
                Content(err.get()));
  }
  return Output{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                Content(out.get()), Content(err.get())};
}

Result<std::string> Check(const Command& command, milliseconds timeout) {
  auto output = RunToEnd(command, timeout);
  if (!output) return tl::unexpected<Error>(output.error());
  if (output->exit_code != 0) {
    return Fail("{}: exit {}: {}{}", command.ToString(), output->exit_code, output->err,
                output->out);
  }
  return std::move(output->out);
}

Result<Process> Start(const Command& command, const std::string& log) {
  const Fd in(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd out(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (out.get() < 0) return Fail("open {}: {}", log, std::strerror(errno));
  const auto pid = Spawn(command, in.get(), out.get(), out.get(), true);
  if (!pid) return tl::unexpected<Error>(pid.error());
  return Identify(*pid);
}

Result<Process> Identify(pid_t pid) {
  const std::string stat = ReadFile(fmt::format("/proc/{}/stat", pid)).value_or("");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return Fail("process {}: there is none", pid);
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return Process{pid, std::strtoull(field.c_str(), nullptr, 10)};
}

bool IsAlive(const Process& process) {
  return process.pid > 0 && !AwaitEnd(process, milliseconds(0));
}

void Signal(const Process& process, int signal) {
  // The handle is opened first, so that it can't refer to another process after the check.
  const Fd handle(pidfd_open(process.pid, 0));
  const auto now = Identify(process.pid);
  if (handle.get() < 0 || !now || *now != process) return;
  pidfd_send_signal(handle.get(), signal, nullptr, 0);
}

bool AwaitEnd(const Process& process, milliseconds timeout) {
  const Fd handle(pidfd_open(process.pid, 0));
  const auto now = Identify(process.pid);
  if (handle.get() < 0 || !now || *now != process) return true;
  pollfd wait{handle.get(), POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) return false;
  waitpid(process.pid, nullptr, WNOHANG);
  return true;
}

}  // namespace kvs::exec
