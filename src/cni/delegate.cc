#include "cni/delegate.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/fd.h"
#include "cni/json.h"
#include "cni/stream.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;

// The time for a killed process to end, unless the kernel blocks it.
constexpr auto kDying = 100ms;

// An executable file, and how to call it in messages.
struct Program {
  std::string path, name;
};

struct Ending {
  bool good = false;  // exit status 0
  std::string output;
};

Outcome<Program> Find(const Call& call) {
  for (const std::string& folder : call.env.path)
    if (std::string path = folder + "/" + call.conf.ipam; access(path.c_str(), X_OK) == 0)
      return Program{path, "ipam plugin " + call.conf.ipam};
  return Refuse(Code::kBadConfig, "ipam.type: \"{}\" is not in any folder of CNI_PATH",
                call.conf.ipam);
}

// A file in memory, so that writing the input does not wait for the reader.
int InputOf(std::string_view text) {
  const int fd = memfd_create("cni", MFD_CLOEXEC);
  while (fd >= 0 && !text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written <= 0) break;
    text.remove_prefix(static_cast<size_t>(written));
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

std::vector<std::string> EnvironmentFor(std::string_view command) {
  std::vector<std::string> all{fmt::format("CNI_COMMAND={}", command)};
  for (char** one = environ; *one; ++one)
    if (!std::string_view(*one).starts_with("CNI_COMMAND=")) all.emplace_back(*one);
  return all;
}

// Leads a process group, so that what it starts can be killed with it.
Outcome<pid_t> Spawn(const Program& program, std::string_view command, int input, int output) {
  std::vector<std::string> environment = EnvironmentFor(command);
  std::vector<char*> variables;
  variables.reserve(environment.size() + 1);
  for (std::string& one : environment) variables.push_back(one.data());
  variables.push_back(nullptr);
  char* arguments[] = {const_cast<char*>(program.path.c_str()), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, program.path.c_str(), &actions, &attributes, arguments, variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error)
    return Refuse(Code::kIo, "{}: cannot run {}: {}", program.name, program.path, strerror(error));
  return pid;
}

// Its wait status, if it has ended by the deadline. Polls, because pidfd_open(2) does not exist
// before Linux 5.3.
std::optional<int> WaitFor(pid_t pid, Deadline deadline) {
  for (int status = 0;; std::this_thread::sleep_for(1ms)) {
    if (waitpid(pid, &status, WNOHANG) != 0) return status;
    if (In(0ms) >= deadline) return std::nullopt;
  }
}

Outcome<Ending> Execute(const Program& program, std::string_view command, std::string_view text,
                        Deadline deadline) {
  int ends[2];
  const Fd input(InputOf(text));
  if (input.get() < 0 || pipe2(ends, O_CLOEXEC) < 0)
    return Refuse(Code::kIo, "{}: cannot make a pipe: {}", program.name, strerror(errno));
  const Fd output(ends[0]);
  Fd its_output(ends[1]);
  const auto pid = Spawn(program, command, input.get(), its_output.get());
  its_output = Fd();
  if (!pid) return tl::unexpected(pid.error());
  auto said =
      ReadToEnd(output.get(), fmt::format("{}: its answer to {}", program.name, command), deadline);
  const auto status = said ? WaitFor(*pid, deadline) : std::nullopt;
  if (!status) {
    kill(-*pid, SIGKILL);
    (void)WaitFor(*pid, In(kDying));
  }
  if (!said) return tl::unexpected(said.error());
  if (!status)
    return Refuse(Code::kTryLater, "{} answered {}, but did not exit in time; see why it hangs",
                  program.name, command);
  return Ending{WIFEXITED(*status) && WEXITSTATUS(*status) == 0, std::move(*said)};
}

Failure FailureOf(const Program& program, const Ending& ending) {
  Failure failure{static_cast<int>(Code::kIo), program.name + " failed without a message", {}};
  const auto document = ParseJson("error", ending.output);
  if (!document || !document->is_object()) return failure;
  Note note;
  const Json root(&*document, "", note);
  failure.code = root["code"].Integer().value_or(failure.code);
  if (const std::string text = root["msg"].Text(); !text.empty())
    failure.message = program.name + ": " + text;
  failure.details = root["details"].Text();
  return failure;
}

// The newest version that `program` and we both support; empty if there is none.
Outcome<std::string> CommonVersion(const Program& program, Deadline deadline) {
  auto ending = Execute(program, "VERSION", R"({"cniVersion":"1.0.0"})", deadline);
  if (!ending) return tl::unexpected(ending.error());
  if (!ending->good) return tl::unexpected(FailureOf(program, *ending));
  const auto document = ParseJson(program.name + "'s versions", ending->output);
  if (!document) return tl::unexpected(document.error());
  Note note;
  int rank = -1;
  Json(&*document, "", note)["supportedVersions"].Each(
      [&](const Json& one, size_t) { rank = std::max(rank, VersionRank(one.Text())); });
  return std::string(rank < 0 ? std::string_view{} : kSupportedVersions[rank]);
}

// The configuration with `version` as its cniVersion.
std::string ConfigurationIn(const NetConf& conf, const std::string& version) {
  auto document = ParseJson("network configuration", conf.raw);
  boost::json::object& root = document->get_object();  // NetConf::Decode has seen it
  root["cniVersion"] = version;
  if (conf.prev_result)
    root["prevResult"] = ParseJson("prevResult", conf.prev_result->Encode(version)).value();
  return boost::json::serialize(root);
}

}  // namespace

bool IpamIsThere(const Call& call) { return Find(call).has_value(); }

Outcome<std::string> RunIpam(const Call& call, std::string_view command, Deadline deadline) {
  const auto program = Find(call);
  if (!program) return tl::unexpected(program.error());
  if (command == "GC" || command == "STATUS") {
    const auto version = CommonVersion(*program, deadline);
    if (!version) return tl::unexpected(version.error());
    if (VersionRank(*version) < VersionRank("1.1.0")) return std::string();
  }
  auto ending = Execute(*program, command, call.conf.raw, deadline);
  if (!ending) return tl::unexpected(ending.error());
  if (ending->good) return std::move(ending->output);
  Failure failure = FailureOf(*program, *ending);
  if (failure.code != static_cast<int>(Code::kIncompatibleVersion)) return tl::unexpected(failure);
  const auto version = CommonVersion(*program, deadline);
  if (!version || version->empty() || *version == call.conf.version) return tl::unexpected(failure);
  ending = Execute(*program, command, ConfigurationIn(call.conf, *version), deadline);
  if (!ending) return tl::unexpected(ending.error());
  if (!ending->good) return tl::unexpected(FailureOf(*program, *ending));
  return std::move(ending->output);
}

}  // namespace kvs::cni
