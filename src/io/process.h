#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/loop.h"

namespace kvs::io {

// A child process for one piece of blocking work. It gets all of its standard input at once; its
// output is collected (standard output and error together, at most 1 MiB). Destroying the object
// kills the child; on_exit is not called then.
class Process {
 public:
  struct Outcome {
    int exit_code = 0;  // 128 + signal if a signal ended it
    std::string output;
  };
  using OnExit = std::function<void(Result<Outcome>)>;

  // `argv[0]` is looked up in PATH. If the program can't be started, on_exit reports that.
  static std::unique_ptr<Process> Run(Loop& loop, std::vector<std::string> argv, std::string input,
                                      OnExit on_exit);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  struct State;
  explicit Process(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace kvs::io
