#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "netlink/namespace.h"
#include "netlink/socket.h"

namespace kvs::netlink {

// The value; a failure ends the test, after its cleanup.
template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// For live tests: a network namespace that is deleted with this object.
class LiveRoom {
 public:
  explicit LiveRoom(const std::string& suffix)
      : name_("netlink-" + std::to_string(getpid()) + "-" + suffix),
        in_(Must(Namespace::Create(name_))),
        socket_(Must(Socket::OpenIn(in_))) {}
  ~LiveRoom() { (void)Namespace::Delete(name_); }
  LiveRoom(const LiveRoom&) = delete;
  LiveRoom& operator=(const LiveRoom&) = delete;

  const std::string& name() const { return name_; }
  const Namespace& in() const { return in_; }
  Socket& socket() { return *socket_; }

  // Runs a shell command in the namespace; true if it succeeded.
  bool Shell(const std::string& command) const {
    return in_.Run([&]() -> Result<int> { return std::system(command.c_str()); }).value_or(-1) == 0;
  }

 private:
  std::string name_;
  Namespace in_;
  std::unique_ptr<Socket> socket_;
};

// The errno of an error; 0 for success.
template <class T>
int Code(const Result<T>& result) {
  return result ? 0 : result.error().code;
}

}  // namespace kvs::netlink
