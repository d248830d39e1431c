#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

// Programs of a lab, started and awaited without an event loop: bringing up a machine is a
// sequence. A program is known by pid and start time, so that a number used again by a stranger is
// never signalled.
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

// Runs to the end, collecting what it says; killed and an Error after `timeout`, or if it says too
// much. What it has started and left behind can say no more: its writes fail (EPERM).
Result<Output> RunToEnd(const Command& command,
                        std::chrono::milliseconds timeout = std::chrono::seconds(10));

// As RunToEnd, but an exit code other than 0 is an Error with what the program said. Gives its
// output.
Result<std::string> Check(const Command& command,
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

struct Process {
  pid_t pid = 0;
  uint64_t start = 0;  // clock ticks since boot: field 22 of proc_pid_stat(5)

  friend bool operator==(const Process&, const Process&) = default;
};

// Starts it in a session of its own; it outlives the caller. What it says is appended to the file
// `log`.
Result<Process> Start(const Command& command, const std::string& log);

bool IsAlive(const Process& process);  // a zombie is not
// The process that has this pid now; an Error if there is none.
Result<Process> Identify(pid_t pid);
void Signal(const Process& process, int signal);
// Waits until it is gone, at most `timeout`; false if it is still there. Children are reaped.
bool AwaitEnd(const Process& process, std::chrono::milliseconds timeout);

}  // namespace kvs::exec
