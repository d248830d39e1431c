#include "cli/guard.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/exit_code.h"
#include "cli/output.h"
#include "lab/state.h"

namespace kvs::cli {
namespace {

[[noreturn]] void BeChild(const sigset_t& before, pid_t parent, const std::function<int()>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  if (getppid() != parent) _exit(kFailed);  // it died before the line above
  sigprocmask(SIG_SETMASK, &before, nullptr);
  const int code = work();
  std::fflush(stdout);
  std::fflush(stderr);
  _exit(code);
}

}  // namespace

// Of one that was killed, a program that it was starting holds the lock until it runs: fork(2)
// hands the lock on, and exec(3) closes it.
void CleanIfNobodysLab(const std::string& name, bool killed) {
  const auto state = lab::State::Of(name);
  if (!state || !state->Exists()) return;
  auto lock = lab::Lock::Take(*state);
  for (int i = 0; killed && !lock && i < 100; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    lock = lab::Lock::Take(*state);
  }
  if (!lock) return;
  if (const auto cleaned = state->Clean(); !cleaned) PrintError(cleaned.error().message);
}

int RunGuarded(const std::function<int()>& work, const std::function<void(bool killed)>& clean) {
  sigset_t awaited, before;
  sigemptyset(&awaited);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&awaited, signal);
  sigprocmask(SIG_BLOCK, &awaited, &before);
  std::fflush(stdout);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return kFailed;
  if (child == 0) BeChild(before, parent, work);
  setpgid(child, child);  // by both, for either may be first

  int stopped_by = 0, status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    int signal = 0;
    sigwait(&awaited, &signal);
    if (signal == SIGCHLD) continue;
    stopped_by = signal;
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    break;
  }
  if (stopped_by != 0) std::fputs("\nstopped; cleaning up\n", stderr);
  clean(stopped_by != 0);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (stopped_by != 0) return 128 + stopped_by;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kvs::cli
