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

// Asks a program of Open vSwitch on its control socket what only its own memory knows, as
// ovs-appctl(8) does: JSON-RPC 1.0 over a Unix socket, text in and text out.
namespace kvs::ovsdb {

// Where `program` ("ovs-vswitchd") listens in OVS's run folder: <program>.PID.ctl of the process
// that its pidfile names; without one, the newest of its sockets.
Result<std::string> ControlSocket(const std::string& run_dir, const std::string& program);

class Unixctl {
 public:
  static constexpr size_t kMaxAnswer = 4 << 20;   // bytes
  static constexpr size_t kMaxLines = 512 << 20;  // bytes that are read line by line
  static constexpr size_t kMostAtOnce = 16;       // questions that wait for their answer
  using Done = std::function<void(const Result<std::string>&)>;

  // The socket is looked for at each question, so the program may come, go and restart.
  Unixctl(io::Loop& loop, std::string run_dir, std::string program,
          std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~Unixctl();
  Unixctl(const Unixctl&) = delete;
  Unixctl& operator=(const Unixctl&) = delete;

  // Gives `done` what ovs-appctl would print, once; at once if there is nobody to ask. An Error,
  // which names the socket, if the program refuses or does not answer in time.
  void Ask(std::string_view method, const std::vector<std::string>& arguments, Done done);
  // The same for what may be long: gives `line` each line as it comes, and keeps none. Until `done`
  // has no Error they may be not all.
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
