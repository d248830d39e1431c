#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

// Starts programs and waits for them without an event loop, for a lab and kvs. A process is
// identified by pid and start time, so that another process that gets the same pid later is never
// signalled.
namespace kvs::exec {

struct Command {
  std::vector<std::string> argv;    // argv[0] is looked up in PATH
  std::string netns;                // name of the network namespace to run in; "": the caller's
  std::vector<std::string> env;     // "NAME=value", added to the caller's environment
  std::string input;                // all of standard input
  size_t most = size_t{256} << 20;  // bytes it may say, on standard output and error each

  std::string ToString() const;  // for messages
};

struct Output {
  int exit_code = 0;  // 128 + signal if a signal ended it
  std::string out;
  std::string err;
};

// Runs the program to its end and collects its output; after `timeout`, or if there is too much
// output, the program is killed and there is an Error. Processes that it left behind can't write to
// the output any more (EPERM).
Result<Output> RunToEnd(const Command& command,
                        std::chrono::milliseconds timeout = std::chrono::seconds(10));

// As RunToEnd, but an exit code other than 0 is an Error with the program's output. Returns
// standard output.
Result<std::string> Check(const Command& command,
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

struct Process {
  pid_t pid = 0;
  uint64_t start = 0;  // clock ticks since boot: field 22 of proc_pid_stat(5)

  friend bool operator==(const Process&, const Process&) = default;
};

// Starts the program in a new session; it outlives the caller. Its output is appended to the file
// `log`.
Result<Process> Start(const Command& command, const std::string& log);

bool IsAlive(const Process& process);  // a zombie is not
// The process with this pid; an Error if there is none.
Result<Process> Identify(pid_t pid);
void Signal(const Process& process, int signal);
// Waits until the process has ended, at most `timeout`; false if it still runs. Children are
// reaped.
bool AwaitEnd(const Process& process, std::chrono::milliseconds timeout);

}  // namespace kvs::exec
