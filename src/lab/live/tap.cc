#include "lab/live/tap.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "netlink/namespace.h"

namespace kvs::lab {
namespace {

constexpr size_t kMarkSize = 16;
constexpr int kEveryProtocol = 3;  // ETH_P_ALL, whose header does not agree with libc's

std::string MarkPrefix() { return fmt::format("kvs{:08x}", getpid()); }

}  // namespace

Bytes Mark(uint32_t number) { return BytesOf(fmt::format("{}{:05x}", MarkPrefix(), number)); }

Result<std::unique_ptr<Tap>> Tap::Open(const std::string& netns, const std::string& link,
                                       Sees sees) {
  auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns));
  if (!space) return tl::unexpected<Error>(space.error());
  return space->Run([&]() -> Result<std::unique_ptr<Tap>> {
    Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    const int on = 1, buffer = 4 << 20;
    if (sees == Sees::kIncoming)
      setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    const timeval timeout{.tv_sec = 10, .tv_usec = 0};  // while the link takes no more
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const sockaddr_ll at{.sll_family = AF_PACKET,
                         .sll_protocol = htons(kEveryProtocol),
                         .sll_ifindex = static_cast<int>(if_nametoindex(link.c_str()))};
    if (at.sll_ifindex == 0 ||
        bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
      return FailErrno(errno, "tap link {} of {}", link, netns);
    return std::unique_ptr<Tap>(new Tap(std::move(fd)));
  });
}

Result<> Tap::Send(const Bytes& frame) const {
  if (send(fd_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()))
    return {};
  return FailErrno(errno, "send a frame of {} bytes", frame.size());
}

void Tap::Drain() {
  static const std::string prefix = MarkPrefix();
  std::array<uint8_t, 65536> frame;
  for (;;) {
    const ssize_t size = recv(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (size < 0) return;
    const auto end = frame.begin() + size;
    auto at = std::search(frame.begin(), end, prefix.begin(), prefix.end());
    for (; end - at >= static_cast<ssize_t>(kMarkSize);
         at = std::search(at + 1, end, prefix.begin(), prefix.end()))
      seen_.insert(Bytes(at, at + kMarkSize));
  }
}

void Listen(const std::vector<Tap*>& taps, std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + time;
  std::vector<pollfd> polled;
  polled.reserve(taps.size());
  for (const Tap* tap : taps) polled.push_back({tap->fd_.get(), POLLIN, 0});
  for (auto left = time; left.count() >= 0;
       left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now())) {
    if (poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0) return;
    for (size_t i = 0; i < taps.size(); ++i)
      if (polled[i].revents) taps[i]->Drain();
  }
}

}  // namespace kvs::lab
