#include "netlink/socket.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "netlink/remedy.h"

namespace kvs::netlink {
namespace {

// The kernel sends at most 32 KiB of a dump at a time; single messages are much smaller.
constexpr size_t kBufferSize = 64 << 10;
// As many requests as fit into the send buffer, and their answers into the receive buffer, with any
// kernel's defaults.
constexpr size_t kMaxChunk = 64;
constexpr size_t kMaxChunkBytes = 32 << 10;
constexpr int kMaxDumpTries = 10;
// The answer is there when send returns; after this time there will be none.
constexpr timeval kTimeout{.tv_sec = 5};

void SetFlag(int fd, int option) {
  const int on = 1;
  setsockopt(fd, SOL_NETLINK, option, &on, sizeof on);  // an old kernel does without
}

}  // namespace

Socket::Socket(Fd fd)
    : fd_(std::move(fd)), buffer_(std::make_unique_for_overwrite<uint8_t[]>(kBufferSize)) {}

Result<std::unique_ptr<Socket>> Socket::Open() { return OpenProtocol(NETLINK_ROUTE); }

Result<std::unique_ptr<Socket>> Socket::OpenIn(const Namespace& in) {
  return in.Run([] { return Open(); });
}

Result<std::unique_ptr<Socket>> Socket::OpenNetfilter() { return OpenProtocol(NETLINK_NETFILTER); }

Result<std::unique_ptr<Socket>> Socket::OpenProtocol(int protocol) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return FailErrno(errno, "open netlink socket");
  SetFlag(fd.get(), NETLINK_EXT_ACK);
  SetFlag(fd.get(), NETLINK_CAP_ACK);
  SetFlag(fd.get(), NETLINK_GET_STRICT_CHK);
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
  return std::unique_ptr<Socket>(new Socket(std::move(fd)));
}

Result<> Socket::OpenOnce(std::unique_ptr<Socket>& socket,
                          Result<std::unique_ptr<Socket>> (*open)()) {
  if (socket) return {};
  auto opened = open();
  if (!opened) return tl::unexpected<Error>(opened.error());
  socket = std::move(*opened);
  return {};
}

std::vector<Refusal> Socket::Try(std::span<const Request> requests) {
  std::vector<Refusal> refusals;
  for (size_t first = 0; first < requests.size();) {
    size_t count = 0, size = 0;
    while (first + count < requests.size() && count < kMaxChunk &&
           (count == 0 || size + requests[first + count].bytes.size() <= kMaxChunkBytes))
      size += requests[first + count++].bytes.size();
    TryChunk(requests.subspan(first, count), first, refusals);
    first += count;
  }
  return refusals;
}

// The kernel answers a refused request in any case, so only the last one requests an answer: when
// that arrives, all refusals are known.
void Socket::TryChunk(std::span<const Request> requests, size_t first,
                      std::vector<Refusal>& refusals) {
  std::vector<uint8_t> bytes;
  const uint32_t base = sequence_ + 1;
  for (const Request& request : requests) {
    nlmsghdr header;
    std::memcpy(&header, request.bytes.data(), sizeof header);
    header.nlmsg_seq = ++sequence_;
    if (&request == &requests.back()) header.nlmsg_flags |= NLM_F_ACK;
    const size_t start = bytes.size();
    bytes.insert(bytes.end(), request.bytes.begin(), request.bytes.end());
    std::memcpy(&bytes[start], &header, sizeof header);
  }
  std::vector<bool> refused(requests.size());
  const auto refuse = [&](size_t at, const Error& error) {
    refused[at] = true;
    refusals.push_back({first + at, error});
  };
  const auto lose = [&](const Error& error) {
    for (size_t at = 0; at < requests.size(); ++at)
      if (!refused[at]) refuse(at, Refused(requests[at], error).value());
  };
  if (auto sent = Send(bytes); !sent) return lose(sent.error());
  while (!requests.empty()) {
    auto datagram = Receive();
    if (!datagram) return lose(datagram.error());
    while (const auto message = TakeMessage(*datagram)) {
      const size_t at = message->sequence - base;
      if (message->type != NLMSG_ERROR || at >= requests.size()) continue;
      if (auto verdict = ParseAck(*message); !verdict)
        refuse(at, Refused(requests[at], verdict.error()).value());
      if (at + 1 == requests.size()) return;
    }
  }
}

Result<> Socket::Do(std::span<const Request> requests) {
  const auto refusals = Try(requests);
  if (refusals.empty()) return {};
  return tl::unexpected<Error>(refusals.front().error);
}

Result<> Socket::ReadAll(const Request& request, const std::function<void()>& restart,
                         const std::function<void(Bytes)>& each) {
  for (int tries = 0; tries < kMaxDumpTries; ++tries) {
    restart();
    const auto complete = ReadOnce(request, each);
    if (!complete) return tl::unexpected<Error>(complete.error());
    if (*complete) return {};
  }
  return FailErrno(EAGAIN, "{}: it changed repeatedly while it was read", request.what);
}

std::string Socket::Words(const Request& request) const {
  if (request.link == 0) return request.what;
  ifreq link{};
  link.ifr_ifindex = request.link;
  if (ioctl(fd_.get(), SIOCGIFNAME, &link) == 0)
    return fmt::format("{} {}", request.what, link.ifr_name);
  return fmt::format("{} number {}, which is gone", request.what, request.link);
}

tl::unexpected<Error> Socket::Refused(const Request& request, const Error& error) const {
  nlmsghdr header;
  std::memcpy(&header, request.bytes.data(), sizeof header);
  const std::string_view remedy = Remedy(header.nlmsg_type, error.code);
  return tl::unexpected<Error>(Error{
      fmt::format("{}: {}{}{}", Words(request), error.message, remedy.empty() ? "" : "; ", remedy),
      error.code});
}

// False if a change interrupted the dump.
Result<bool> Socket::ReadOnce(const Request& request, const std::function<void(Bytes)>& each) {
  std::vector<uint8_t> bytes = request.bytes;
  nlmsghdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.nlmsg_seq = ++sequence_;
  std::memcpy(bytes.data(), &header, sizeof header);
  if (auto sent = Send(bytes); !sent) return Refused(request, sent.error());
  for (bool complete = true;;) {
    auto datagram = Receive();
    if (!datagram) return Refused(request, datagram.error());
    while (const auto message = TakeMessage(*datagram)) {
      if (message->sequence != sequence_) continue;
      if (message->flags & NLM_F_DUMP_INTR) complete = false;
      if (message->type == NLMSG_ERROR) {
        if (auto verdict = ParseAck(*message); !verdict) return Refused(request, verdict.error());
        return complete;
      }
      if (message->type == NLMSG_DONE) {
        Bytes body = message->body;
        const int code = TakeStruct<int>(body).value_or(0);
        if (code < 0) return Refused(request, Error{std::strerror(-code), -code});
        return complete;
      }
      each(message->body);
      if (!(message->flags & NLM_F_MULTI)) return complete;
    }
  }
}

Result<> Socket::Send(Bytes bytes) {
  const sockaddr_nl kernel{.nl_family = AF_NETLINK};
  while (sendto(fd_.get(), bytes.data(), bytes.size(), 0,
                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
    if (errno != EINTR) return FailErrno(errno, "send to the kernel");
  return {};
}

Result<Bytes> Socket::Receive() {
  for (;;) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(fd_.get(), buffer_.get(), kBufferSize, MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FailErrno(errno, "no answer from the kernel");
    if (from.nl_pid != 0) continue;  // another process may send to us; only the kernel counts
    if (static_cast<size_t>(size) > kBufferSize)
      return FailErrno(EMSGSIZE, "answer of {} bytes from the kernel", size);
    return Bytes{buffer_.get(), static_cast<size_t>(size)};
  }
}

}  // namespace kvs::netlink
