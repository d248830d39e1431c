#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/loop.h"

// Sends commands to a program of Open vSwitch on its control socket, as ovs-appctl(8) does, for
// state that is only in the program's memory: JSON-RPC 1.0 over a Unix socket, text in and text
// out.
namespace kvs::ovsdb {

// The control socket of `program` ("ovs-vswitchd") in OVS's run folder: <program>.PID.ctl of the
// process in its pidfile; without a pidfile, the newest such socket.
Result<std::string> ControlSocket(const std::string& run_dir, const std::string& program);

class Unixctl {
 public:
  static constexpr size_t kMaxAnswer = 4 << 20;   // bytes
  static constexpr size_t kMaxLines = 512 << 20;  // bytes that are read line by line
  static constexpr size_t kMostAtOnce = 16;       // questions that wait for their answer
  using Done = std::function<void(const Result<std::string>&)>;

  // The socket is looked up for each command, so the program may stop, start and restart.
  Unixctl(io::Loop& loop, std::string run_dir, std::string program,
          std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~Unixctl();
  Unixctl(const Unixctl&) = delete;
  Unixctl& operator=(const Unixctl&) = delete;

  // Calls `done` once with what ovs-appctl would print; at once if the program is not running. An
  // Error, which names the socket, if the program refuses the command or does not answer in time.
  void Ask(std::string_view method, const std::vector<std::string>& arguments, Done done);
  // The same for long output: calls `line` for each line as it arrives, and stores none. If `done`
  // gets an Error, lines are missing.
  void AskForLines(std::string_view method, const std::vector<std::string>& arguments,
                   const std::function<void(std::string_view)>& line,
                   std::function<void(const Result<>&)> done);

 private:
  using OnText = std::function<void(std::string_view)>;
  using OnEnd = std::function<void(const Result<>&)>;
  struct Question;
  void Begin(std::string_view method, const std::vector<std::string>& arguments, size_t most,
             OnText on_text, OnEnd on_end);
  void Hear(uint64_t id, std::string_view bytes);
  void End(uint64_t id, const Result<>& result);

  io::Loop& loop_;
  const std::string run_dir_, program_;
  const std::chrono::milliseconds timeout_;
  uint64_t next_id_ = 0;
  std::map<uint64_t, std::unique_ptr<Question>> questions_;
};

}  // namespace kvs::ovsdb
