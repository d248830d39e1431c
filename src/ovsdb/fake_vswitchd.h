#pragma once

#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/stream.h"

// For tests: the control socket of an ovs-vswitchd. The test gives the answer to each command,
// "METHOD ARGUMENT...".
namespace kvs::ovsdb {

class FakeVswitchd {
 public:
  using Answer = std::function<Result<std::string>(const std::string& command)>;

  FakeVswitchd(io::Loop& loop, Answer answer)
      : run_dir(std::filesystem::temp_directory_path() /
                ("kvs-vswitchd." + std::to_string(getpid()))),
        answer_(std::move(answer)) {
    std::filesystem::create_directories(run_dir);
    auto listener = io::Listener::OnUnixSocket(
        loop, run_dir + "/ovs-vswitchd.1.ctl", [this](std::unique_ptr<io::Stream> stream) {
          io::Stream* peer = stream.get();
          peers_.push_back(std::move(stream));
          peer->Serve({.on_open = {},
                       .on_data = [this, peer](auto bytes) { Reply(*peer, bytes); },
                       .on_close = [](const Error&) {},
                       .on_drain = {}});
        });
    listener_ = std::move(listener.value());
  }
  ~FakeVswitchd() { std::filesystem::remove_all(run_dir); }
  FakeVswitchd(const FakeVswitchd&) = delete;
  FakeVswitchd& operator=(const FakeVswitchd&) = delete;

  const std::string run_dir;
  std::vector<std::string> asked;

 private:
  // A request is short enough to arrive in one piece.
  void Reply(io::Stream& peer, std::span<const uint8_t> bytes) {
    const auto request =
        boost::json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    std::string command(request.at("method").as_string());
    for (const auto& argument : request.at("params").as_array())
      command += " " + std::string(argument.as_string());
    asked.push_back(command);
    const auto said = answer_(command);
    boost::json::object reply{{"id", request.at("id")}, {"result", nullptr}, {"error", nullptr}};
    if (said)
      reply["result"] = *said;
    else
      reply["error"] = said.error().message;
    peer.Write(boost::json::serialize(reply));
  }

  const Answer answer_;
  std::unique_ptr<io::Listener> listener_;
  std::vector<std::unique_ptr<io::Stream>> peers_;
};

}  // namespace kvs::ovsdb
