#include "netlink/listener.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "io/poll.h"

namespace kvs::netlink {
namespace {

constexpr int kMaxDatagramsPerTurn = 256;

}  // namespace

struct Listener::State : std::enable_shared_from_this<State> {
  State(io::Loop& loop, Fd socket, Handlers handlers)
      : fd(std::move(socket)), on(std::move(handlers)) {
    poll = std::make_unique<io::Poll>(loop, fd.get(), [this] { Drain(); });
  }

  void Drain() {
    const auto alive = shared_from_this();  // a handler may destroy the listener
    for (int i = 0; i < kMaxDatagramsPerTurn && poll; ++i) {
      const ssize_t size = Receive();
      if (size < 0 && errno == EAGAIN) return;  // all read
      if (size < 0 || static_cast<size_t>(size) > buffer.size()) {
        Discard();
        on.on_overrun();
        continue;
      }
      Bytes datagram(buffer.data(), static_cast<size_t>(size));
      while (poll) {
        const auto message = TakeMessage(datagram);
        if (!message) break;
        on.on_message(*message);
      }
    }
  }

  ssize_t Receive() {
    ssize_t size;
    do size = recv(fd.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    return size;
  }

  // After an overrun the kernel drops everything, without another report, until the socket is
  // empty: only then may the state be dumped again. The dump includes what is discarded here.
  void Discard() {
    while (Receive() >= 0 || errno == ENOBUFS) {
    }
  }

  Fd fd;
  Handlers on;
  std::unique_ptr<io::Poll> poll;  // none: the listener is gone
  std::array<uint8_t, 64 << 10> buffer;
};

Result<std::unique_ptr<Listener>> Listener::Open(io::Loop& loop, const Options& options,
                                                 Handlers handlers) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, options.protocol));
  if (!fd) return FailErrno(errno, "open netlink socket");
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &options.buffer, sizeof options.buffer) < 0)
    return FailErrno(errno, "size the netlink socket's buffer");
  const sockaddr_nl any{.nl_family = AF_NETLINK};  // without a port of its own it receives nothing
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0)
    return FailErrno(errno, "bind netlink socket");
  for (const int group : options.groups)
    if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
      return FailErrno(errno, "subscribe to {}", options.what);
  return std::unique_ptr<Listener>(
      new Listener(std::make_shared<State>(loop, std::move(fd), std::move(handlers))));
}

Listener::~Listener() { state_->poll.reset(); }

}  // namespace kvs::netlink
