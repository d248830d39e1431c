#include "lab/machine/state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "base/file.h"
#include "exec/netns.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr char kRoot[] = "/run/kvs-lab/";

using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> IdOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

// Processes, except this one, whose network namespace is one of `names`.
std::vector<exec::Process> ProcessesIn(const std::vector<std::string>& names) {
  std::set<FileId> spaces;
  for (const auto& name : names) {
    if (const auto id = IdOf("/run/netns/" + name)) spaces.insert(*id);
  }
  std::vector<exec::Process> found;
  for (const auto& name : NamesIn("/proc").value_or(std::vector<std::string>())) {
    const pid_t pid = std::atoi(name.c_str());
    if (pid <= 0 || pid == getpid()) continue;
    const auto id = IdOf(fmt::format("/proc/{}/ns/net", pid));
    if (!id || !spaces.contains(*id)) continue;
    if (const auto process = exec::Identify(pid)) found.push_back(*process);
  }
  return found;
}

Result<> NeedRoot() {
  if (geteuid() == 0) return {};
  return Fail("a lab needs root, for its network namespaces; try it with sudo");
}

Result<> KillAll(const std::vector<exec::Process>& processes) {
  for (const auto& process : processes) exec::Signal(process, SIGKILL);
  for (const auto& process : processes) {
    if (!exec::AwaitEnd(process, seconds(5))) return Fail("process {} does not end", process.pid);
  }
  return {};
}

std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

State::State(std::string name) : name_(std::move(name)), folder_(kRoot + name_) {}

Result<State> State::Of(const std::string& name) {
  // No dash: namespaces of lab "a" must not look like those of a lab "a-b".
  if (name.empty() || name.size() > 16 ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos) {
    return Fail(
        "lab name '{}': use 1 to 16 letters and digits, lower-case as in all names of Kubernetes, "
        "and no dash, which ends it in the names of the lab's network namespaces",
        name);
  }
  return State(name);
}

std::vector<std::string> State::Labs() {
  const auto folders = NamesIn(kRoot).value_or(std::vector<std::string>());
  std::set<std::string> names(folders.begin(), folders.end());
  for (const auto& netns : exec::NetnsWithPrefix("kvs-")) {
    const auto dash = netns.find('-', 4);
    if (dash != std::string::npos) names.insert(netns.substr(4, dash - 4));
  }
  return {names.begin(), names.end()};
}

bool State::Exists() const {
  return kvs::Exists(folder_) || !exec::NetnsWithPrefix(Netns("")).empty();
}

Result<> State::Make() const {
  if (auto root = NeedRoot(); !root) return root;
  std::error_code error;
  fs::create_directories(Path("processes"), error);
  if (!error) fs::create_directories(Path("pods"), error);
  if (error) return Fail("make {}: {}", folder_, error.message());
  return {};
}

Result<> State::Note(const std::string& what, const exec::Process& process) const {
  const fs::path path = Path("processes/" + what);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::trunc);
  file << process.pid << ' ' << process.start << '\n';
  if (!file.flush()) return Fail("write {}: {}", path.string(), std::strerror(errno));
  return {};
}

void State::Forget(const std::string& what) const {
  std::error_code error;
  fs::remove(Path("processes/" + what), error);
}

std::map<std::string, exec::Process> State::Processes() const {
  std::map<std::string, exec::Process> processes;
  std::error_code error;
  const fs::path root = Path("processes");
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    if (!at->is_regular_file(gone)) continue;
    exec::Process process;
    std::ifstream(at->path()) >> process.pid >> process.start;
    processes[at->path().lexically_relative(root)] = process;
  }
  return processes;
}

Result<exec::Process> State::Find(const std::string& what) const {
  const auto processes = Processes();
  const auto found = processes.find(what);
  if (found == processes.end()) return Fail("{} of lab {}: not started", what, name_);
  return found->second;
}

bool State::Runs(const std::string& what) const {
  const auto process = Find(what);
  return process && exec::IsAlive(*process);
}

Result<> State::Own(const std::string& path) const {
  std::ofstream file(Path("owned"), std::ios::app);
  file << path << '\n';
  if (!file.flush()) return Fail("write {}: {}", Path("owned"), std::strerror(errno));
  return {};
}

Result<> State::Clean() const {
  if (auto root = NeedRoot(); !root) return root;
  const auto names = exec::NetnsWithPrefix(Netns(""));
  std::vector<exec::Process> noted;
  for (const auto& [what, process] : Processes()) {
    if (process.pid != getpid()) noted.push_back(process);
  }
  if (auto killed = KillAll(noted); !killed) return killed;
  // Repeated until there are none: a process may just have started another.
  for (auto inside = ProcessesIn(names); !inside.empty(); inside = ProcessesIn(names)) {
    if (auto killed = KillAll(inside); !killed) return killed;
  }
  for (const auto& name : names) {
    if (auto removed = exec::RemoveNetns(name); !removed)
      return Wrap("clean lab " + name_, removed.error());
  }
  std::error_code error;
  for (const auto& path : Lines(Path("owned"))) fs::remove_all(path, error);
  fs::remove_all(folder_, error);
  if (error) return Fail("remove {}: {}", folder_, error.message());
  fs::remove(kRoot, error);  // only if it was the last lab
  return {};
}

Result<Lock> Lock::Take(const State& state) {
  const std::string path = state.Path("lock");
  for (;;) {
    if (auto made = state.Make(); !made) return tl::unexpected<Error>(made.error());
    Lock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.fd_ < 0) return FailErrno(errno, "open {}", path);
    if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      return Fail("lab {} is in use; end it with: kvs lab down --name {}", state.name(),
                  state.name());
    }
    // The previous holder may have removed the file at its end.
    struct stat held;
    if (fstat(lock.fd_, &held) == 0 && IdOf(path) == FileId{held.st_dev, held.st_ino}) return lock;
  }
}

Lock::~Lock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace kvs::lab
