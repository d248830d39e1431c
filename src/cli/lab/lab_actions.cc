#include "cli/lab/lab_actions.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "cli/lab/clean_up.h"
#include "cli/lab/lab_ends.h"
#include "cli/lab/lab_json.h"
#include "cli/lab/lab_text.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/guard.h"
#include "cli/terminal/output.h"
#include "exec/netns.h"
#include "netlink/namespace.h"

namespace kvs::cli {
namespace {

using std::chrono::seconds;

int Failed(const Error& error, ExitCode code = kFailed) {
  PrintError(error.message);
  return code;
}

template <class Condition>
bool Await(seconds timeout, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

// Leaves the lab to its own kubelet.
Result<> HandOver(lab::Lab& lab) {
  const auto programs = lab::Programs::Find();
  if (!programs) return tl::unexpected<Error>(programs.error());
  const lab::State& state = lab.state();
  lab.Leave();
  const auto kubelet =
      exec::Start({.argv = {programs->kvs, "lab", "kubelet", "--name", state.name()},
                   .netns = state.Netns("underlay")},
                  state.Path("kubelet.log"));
  if (!kubelet) return tl::unexpected<Error>(kubelet.error());
  // It records itself once it holds the lock.
  if (!Await(seconds(10), [&] { return state.Find("kubelet").has_value(); }))
    return Fail("the lab's kubelet does not start; see {}", state.Path("kubelet.log"));
  return {};
}

int Up(const lab::Options& options) {
  auto lab = lab::Lab::Up(options);
  if (!lab) return Failed(lab.error());
  if (const auto handed = HandOver(**lab); !handed) return Failed(handed.error());
  for (const auto& problem : (*lab)->problems()) PrintError(problem.ToString());
  const std::string& name = options.name;
  const std::string flag = name == "lab" ? "" : " --name " + name;
  const auto& nodes = (*lab)->nodes();
  const std::string node = nodes.empty() ? "NODE" : nodes.begin()->first;
  Print(
      "\n{}\nIts manifests are in {}: change them and see.\nTry: kvs lab status{}, kvs lab "
      "exec{} {} -- kvs status, kvs lab down{}\n",
      PodsText(**lab), (*lab)->options().manifests, flag, flag, node, flag);
  return kOk;
}

}  // namespace

int LabUp(lab::Options options) {
  options.on_step = PrintStep;
  return RunGuarded([&] { return Up(options); },
                    [&](bool killed) { CleanIfNobodysLab(options.name, killed); });
}

int LabDown(const std::string& name) {
  const auto state = lab::State::Of(name);
  if (!state) return Failed(state.error(), kUsage);
  if (!state->Exists()) {
    Print("lab \"{}\" not found\n", name);
    return kOk;
  }
  const auto cleaned = state->Clean();
  if (!cleaned) return Failed(cleaned.error());
  Print("lab {}: gone\n", name);
  return kOk;
}

int AllLabsDown() {
  int code = kOk;
  for (const auto& name : lab::State::Labs()) code = std::max(code, LabDown(name));
  return code;
}

int LabStatus(const std::string& name, bool json) {
  const auto lab = lab::Lab::Join(name);
  if (!lab) return Failed(lab.error(), kUnreachable);
  if (json) {
    Print("{}", LabJson(**lab));
  } else {
    Print("{}", NodesText(**lab));
    Print("overlay {}, manifests in {}, logs in {}\n\n{}", (*lab)->options().overlay,
          (*lab)->options().manifests, (*lab)->state().folder(), PodsText(**lab));
  }
  const auto manifests = lab::ReadManifests((*lab)->options().manifests);
  if (!manifests) return Failed(manifests.error());
  for (const auto& problem : manifests->problems) PrintError(problem.ToString());
  return (*lab)->AllRun() && manifests->problems.empty() ? kOk : kFailed;
}

int LabExec(const std::string& name, const std::string& endpoint,
            const std::vector<std::string>& command) {
  const auto lab = lab::Lab::Join(name);
  if (!lab) return Failed(lab.error(), kUnreachable);
  const auto where = (*lab)->Find(endpoint);
  if (!where) return Failed(where.error());
  if (where->kind == probe::Endpoint::Kind::kNode) {
    for (const auto& setting : (*lab)->node(endpoint).Here({}).env) {
      const auto equals = setting.find('=');
      setenv(setting.substr(0, equals).c_str(), setting.c_str() + equals + 1, 1);
    }
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
  const char* path = std::getenv("PATH");
  setenv("PATH", (self + ":" + (path ? path : "/usr/sbin:/usr/bin")).c_str(), 1);
  auto space = netlink::Namespace::Open(netlink::Namespace::Path(where->netns));
  if (!space) return Failed(space.error());
  auto words = command;
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto done = space->Run([&]() -> Result<> {
    if (auto mounted = exec::MountSysfs(); !mounted) return mounted;
    execvp(argv[0], argv.data());
    return FailErrno(errno, "run {}", command[0]);
  });
  return Failed(done.error());
}

int LabPodAdd(const std::string& name, const std::string& pod, const std::string& node) {
  const auto lab = lab::Lab::Join(name);
  if (!lab) return Failed(lab.error(), kUnreachable);
  if (!(*lab)->nodes().contains(node)) return Failed({fmt::format("node \"{}\" not found", node)});
  const auto written = lab::WritePod((*lab)->options().manifests, pod, node);
  if (!written) return Failed(written.error());
  const auto attached = [&] { return lab::ReadPods((*lab)->state()).contains(pod); };
  if (!Await(seconds(20), attached)) {
    return Failed(
        {fmt::format("pod {} was not attached; see {}", pod, (*lab)->state().Path("kubelet.log"))});
  }
  const auto ips = lab::ReadPods((*lab)->state())[pod].ips;
  Print("pod {} on {}: {}\n", pod, node, Join(ips));
  return kOk;
}

int LabPodRemove(const std::string& name, const std::string& pod) {
  const auto lab = lab::Lab::Join(name);
  if (!lab) return Failed(lab.error(), kUnreachable);
  const auto removed = lab::RemovePod((*lab)->options().manifests, pod);
  if (!removed) return Failed(removed.error());
  const auto detached = [&] { return !lab::ReadPods((*lab)->state()).contains(pod); };
  if (!Await(seconds(20), detached)) {
    return Failed(
        {fmt::format("pod {} was not detached; see {}", pod, (*lab)->state().Path("kubelet.log"))});
  }
  Print("pod {}: gone\n", pod);
  return kOk;
}

int LabTrace(const std::string& name, const TraceArguments& arguments) {
  const auto lab = lab::Lab::Join(name);
  if (!lab) return Failed(lab.error(), kUnreachable);
  return Trace(arguments, EndsOfLab(**lab), AgentsOf(**lab));
}

}  // namespace kvs::cli
