#include "netlink/monitor.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "io/poll.h"

namespace kvs::netlink {
namespace {

// Some thousand changes: pods that come and go together, until the loop turns again.
constexpr int kReceiveBuffer = 2 << 20;  // bytes
constexpr int kMaxDatagramsPerTurn = 256;

}  // namespace

struct Monitor::State : std::enable_shared_from_this<State> {
  State(io::Loop& loop, Fd socket, Handlers handlers)
      : fd(std::move(socket)), on(std::move(handlers)) {
    poll = std::make_unique<io::Poll>(loop, fd.get(), [this] { Drain(); });
  }

  void Drain() {
    const auto alive = shared_from_this();  // a handler may destroy the Monitor
    for (int i = 0; i < kMaxDatagramsPerTurn && poll; ++i) {
      const ssize_t size = Receive();
      if (size < 0 && errno == EAGAIN) return;  // all read
      if (size < 0 || static_cast<size_t>(size) > buffer.size()) {
        Discard();
        on.on_resync();
        continue;
      }
      Bytes datagram(buffer.data(), static_cast<size_t>(size));
      while (poll) {
        const auto message = TakeMessage(datagram);
        if (!message) break;
        Tell(*message);
      }
    }
  }

  ssize_t Receive() {
    ssize_t size;
    do size = recv(fd.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    return size;
  }

  // After an overrun the kernel drops everything, without telling again, until the socket is empty:
  // only then may the rest of the world be read anew. What is dropped here that reading shows.
  void Discard() {
    while (Receive() >= 0 || errno == ENOBUFS) {
    }
  }

  void Tell(const Received& message) const {
    switch (message.type) {
      case RTM_NEWLINK:
        return Tell(Change::kSet, on.on_link, DecodeLink(message.body));
      case RTM_DELLINK:
        return Tell(Change::kGone, on.on_link, DecodeLink(message.body));
      case RTM_NEWADDR:
        return Tell(Change::kSet, on.on_address, DecodeAddress(message.body));
      case RTM_DELADDR:
        return Tell(Change::kGone, on.on_address, DecodeAddress(message.body));
      case RTM_NEWROUTE:
        return Tell(Change::kSet, on.on_route, DecodeRoute(message.body));
      case RTM_DELROUTE:
        return Tell(Change::kGone, on.on_route, DecodeRoute(message.body));
      case RTM_NEWNEIGH:
        return Tell(Change::kSet, on.on_neighbour, DecodeNeighbour(message.body));
      case RTM_DELNEIGH:
        return Tell(Change::kGone, on.on_neighbour, DecodeNeighbour(message.body));
      default:
        return;
    }
  }

  template <class T>
  static void Tell(Change change, const std::function<void(Change, const T&)>& tell,
                   const std::optional<T>& value) {
    if (value && tell) tell(change, *value);
  }

  Fd fd;
  Handlers on;
  std::unique_ptr<io::Poll> poll;  // none: the Monitor is gone
  std::array<uint8_t, 32 << 10> buffer;
};

Result<std::unique_ptr<Monitor>> Monitor::Open(io::Loop& loop, Handlers handlers) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return FailErrno(errno, "open netlink socket");
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) < 0)
    return FailErrno(errno, "size the netlink socket's buffer");
  const sockaddr_nl any{.nl_family = AF_NETLINK};  // without a port of its own it hears nothing
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0)
    return FailErrno(errno, "bind netlink socket");
  const auto join = [&](bool wanted, std::initializer_list<int> groups) {
    for (const int group : groups)
      if (wanted &&
          setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
        return false;
    return true;
  };
  if (!join(!!handlers.on_link, {RTNLGRP_LINK}) ||
      !join(!!handlers.on_address, {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR}) ||
      !join(!!handlers.on_route, {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE}) ||
      !join(!!handlers.on_neighbour, {RTNLGRP_NEIGH}))
    return FailErrno(errno, "subscribe to the kernel's network changes");
  return std::unique_ptr<Monitor>(
      new Monitor(std::make_shared<State>(loop, std::move(fd), std::move(handlers))));
}

Monitor::~Monitor() { state_->poll.reset(); }

}  // namespace kvs::netlink
