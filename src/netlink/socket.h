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

// A blocking netlink socket. It belongs for life to the network namespace it was opened in, so one
// opened inside a pod's namespace works there from anywhere. The kernel does what is asked within
// the send, so nothing here waits for anybody else.
//
//   auto socket = netlink::Socket::OpenIn(pod);
//   socket->Do(std::vector{netlink::AddAddress(...), netlink::AddRoute(...)});
namespace kvs::netlink {

// A request of a batch that the kernel refused. `error.code` is the errno, its message names what
// was asked, with the link by its name, and holds the kernel's own explanation where it gave one
// and the remedy where one is known.
struct Refusal {
  size_t request;  // its place in the batch
  Error error;
};

class Socket {
 public:
  static Result<std::unique_ptr<Socket>> Open();                       // rtnetlink, this namespace
  static Result<std::unique_ptr<Socket>> OpenIn(const Namespace& in);  // rtnetlink, that namespace
  static Result<std::unique_ptr<Socket>> OpenNetfilter();              // for nftables

  // Opens it, in this namespace, unless that was done before.
  static Result<> OpenOnce(std::unique_ptr<Socket>& socket) { return OpenOnce(socket, Open); }
  static Result<> OpenNetfilterOnce(std::unique_ptr<Socket>& socket) {
    return OpenOnce(socket, OpenNetfilter);
  }

  // Sends the requests in one go. The kernel tries each, in order, also after one it refused.
  // Empty when all were done. A request whose answer was lost counts as refused.
  std::vector<Refusal> Try(std::span<const Request> requests);

  // The same; the error is that of the first request refused.
  Result<> Do(std::span<const Request> requests);
  Result<> Do(const Request& request) { return Do(std::span(&request, 1)); }

  // What is asked, in words, with the link by its name: "delete link eth0", or "delete link number
  // 5, which is gone".
  std::string Words(const Request& request) const;

  // Asks for an object, or for all of a kind (NLM_F_DUMP in the request), and returns what
  // `decode`, called with each message's body, makes of the answer; its nullopts are left out. A
  // dump that a change disturbed is asked for again.
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
