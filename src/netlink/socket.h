#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "netlink/namespace.h"
#include "netlink/wire.h"

// A blocking netlink socket. It belongs for life to the network namespace it was opened in, so one
// opened inside a pod's namespace works there from anywhere. The kernel does what is asked within
// the send, so nothing here waits for anybody else.
//
//   auto socket = netlink::Socket::OpenIn(pod);
//   socket->Do(std::vector{netlink::AddAddress(...), netlink::AddRoute(...)});
namespace kvs::netlink {

// A request of a batch that the kernel refused. `error.code` is the errno, its message names what
// was asked and holds the kernel's own explanation where it gave one.
struct Refusal {
  size_t request;  // its place in the batch
  Error error;
};

class Socket {
 public:
  static Result<std::unique_ptr<Socket>> Open();                       // rtnetlink, this namespace
  static Result<std::unique_ptr<Socket>> OpenIn(const Namespace& in);  // rtnetlink, that namespace
  static Result<std::unique_ptr<Socket>> OpenNetfilter();              // for conntrack
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Sends the requests in one go. The kernel tries each, in order, also after one it refused.
  // Empty when all were done. A request whose answer was lost counts as refused.
  std::vector<Refusal> Try(std::span<const Request> requests);

  // The same; the error is that of the first request refused.
  Result<> Do(std::span<const Request> requests);
  Result<> Do(const Request& request) { return Do(std::span(&request, 1)); }

  // Asks for one object, or for a dump (NLM_F_DUMP in the request), and hands on every message of
  // the answer. A dump that was disturbed by a change is asked for again, so `each` may see an
  // object twice: `restart` is called before.
  Result<> Read(
      const Request& request, const std::function<void(const Received&)>& each,
      const std::function<void()>& restart = [] {});

 private:
  explicit Socket(int fd);
  static Result<std::unique_ptr<Socket>> OpenProtocol(int protocol);
  void TryChunk(std::span<const Request> requests, size_t first, std::vector<Refusal>& refusals);
  Result<bool> ReadOnce(const Request& request, const std::function<void(const Received&)>& each);
  Result<Bytes> Receive();

  int fd_;
  uint32_t sequence_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace kvs::netlink
