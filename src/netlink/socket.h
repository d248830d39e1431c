#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "netlink/namespace.h"
#include "netlink/wire.h"

// A blocking netlink socket. It belongs to the network namespace in which it was opened, so one
// opened inside a pod's namespace works there from any thread. The kernel executes requests during
// the send, so the calls do not wait for other processes.
//
//   auto socket = netlink::Socket::OpenIn(pod);
//   socket->Do(std::vector{netlink::AddAddress(...), netlink::AddRoute(...)});
namespace kvs::netlink {

// A request of a batch that the kernel refused. `error.code` is the errno. The message has the
// request with the link's name, the kernel's own explanation if there is one, and the remedy if one
// is known.
struct Refusal {
  size_t request;  // its place in the batch
  Error error;
};

class Socket {
 public:
  static Result<std::unique_ptr<Socket>> Open();                       // rtnetlink, this namespace
  static Result<std::unique_ptr<Socket>> OpenIn(const Namespace& in);  // rtnetlink, that namespace
  static Result<std::unique_ptr<Socket>> OpenNetfilter();              // for nftables

  // Opens the socket, in this namespace, unless it is open already.
  static Result<> OpenOnce(std::unique_ptr<Socket>& socket) { return OpenOnce(socket, Open); }
  static Result<> OpenNetfilterOnce(std::unique_ptr<Socket>& socket) {
    return OpenOnce(socket, OpenNetfilter);
  }

  // Sends all requests at once. The kernel tries each, in order, also after one that it refused.
  // Empty when all succeeded. A request whose answer was lost counts as refused.
  std::vector<Refusal> Try(std::span<const Request> requests);

  // The same; returns the error of the first refused request.
  Result<> Do(std::span<const Request> requests);
  Result<> Do(const Request& request) { return Do(std::span(&request, 1)); }

  // The request in words, with the link's name: "delete link eth0", or "delete link number 5, which
  // is gone".
  std::string Words(const Request& request) const;

  // Requests one object, or all of a kind (NLM_F_DUMP in the request), and returns the results of
  // `decode` for each message's body, without nullopts. A dump that a change interrupted is
  // repeated.
  template <class Decode, class T = typename std::invoke_result_t<Decode, Bytes>::value_type>
  Result<std::vector<T>> Read(const Request& request, Decode decode) {
    std::vector<T> found;
    auto read = ReadAll(
        request, [&] { found.clear(); },
        [&](Bytes body) {
          if (auto value = decode(body)) found.push_back(*std::move(value));
        });
    if (!read) return tl::unexpected<Error>(read.error());
    return found;
  }

 private:
  explicit Socket(Fd fd);
  static Result<std::unique_ptr<Socket>> OpenProtocol(int protocol);
  static Result<> OpenOnce(std::unique_ptr<Socket>& socket,
                           Result<std::unique_ptr<Socket>> (*open)());
  void TryChunk(std::span<const Request> requests, size_t first, std::vector<Refusal>& refusals);
  Result<> ReadAll(const Request& request, const std::function<void()>& restart,
                   const std::function<void(Bytes)>& each);
  tl::unexpected<Error> Refused(const Request& request, const Error& error) const;
  Result<bool> ReadOnce(const Request& request, const std::function<void(Bytes)>& each);
  Result<> Send(Bytes bytes);
  Result<Bytes> Receive();

  Fd fd_;
  uint32_t sequence_ = 0;
  std::unique_ptr<uint8_t[]> buffer_;
};

}  // namespace kvs::netlink
