#include "cli/terminal/guard.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "cli/terminal/exit_code.h"
#include "cli/terminal/output.h"

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
