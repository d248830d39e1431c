#include "probe/probe.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "netlink/namespace.h"

namespace kvs::probe {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{100};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress AddressOf(const Ip& ip, uint16_t port) {
  SocketAddress address;
  if (ip.is4()) {
    auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    std::memcpy(&four->sin_addr, ip.data(), ip.size());
    address.size = sizeof *four;
  } else {
    auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    std::memcpy(&six->sin6_addr, ip.data(), ip.size());
    address.size = sizeof *six;
  }
  return address;
}

// RFC 1071.
uint16_t Checksum(const uint8_t* bytes, size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < size; i += 2)
    sum += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<uint16_t>(~sum));
}

// Of eth0, as every runtime calls a pod's link; 0 and errno if there is none.
size_t MtuOfPod(int fd) {
  ifreq request{.ifr_ifrn = {"eth0"}, .ifr_ifru = {}};
  return ioctl(fd, SIOCGIFMTU, &request) == 0 ? static_cast<size_t>(request.ifr_mtu) : 0;
}

// The kernel must neither fragment a packet nor use a learned path MTU: a repeated attempt would
// get through with a smaller packet.
bool ForbidFragments(int fd, bool four) {
  static_assert(IP_PMTUDISC_PROBE == IPV6_PMTUDISC_PROBE);
  const int mode = IP_PMTUDISC_PROBE;
  return setsockopt(fd, four ? int{IPPROTO_IP} : int{IPPROTO_IPV6},
                    four ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &mode, sizeof mode) == 0;
}

// A socket that becomes readable when the name is resolved or not: an empty datagram, or the reason
// of the failure. -1 and errno on failure. The thread may outlive the reader.
int Resolve(const std::string& name) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  std::thread([name, end = ends[1]] {
    addrinfo* found = nullptr;
    const int error = getaddrinfo(name.c_str(), nullptr, nullptr, &found);
    const std::string why = error == 0 ? "" : gai_strerror(error);
    if (found != nullptr) freeaddrinfo(found);
    send(end, why.data(), why.size(), MSG_NOSIGNAL);
    close(end);
  }).detach();
  return ends[0];
}

// One cell being probed: at most one attempt is under way, on its own socket.
class Attempt {
 public:
  Attempt(const Cell& cell, uint16_t id) : cell_(cell), id_(id) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { Close(); }

  bool done() const { return outcome_.reached; }
  int fd() const { return fd_; }
  short events() const { return connecting_ ? POLLOUT : POLLIN; }
  Clock::time_point next() const { return next_; }
  const Outcome& outcome() const { return outcome_; }

  void Begin() {
    Close();
    ++outcome_.attempts;
    begun_ = Clock::now();
    next_ = begun_ + kFirstRetry * (1 << std::min(outcome_.attempts - 1, 6));
    if (cell_.protocol == Protocol::kDns) {
      fd_ = Resolve(cell_.identity);
      return fd_ < 0 ? GiveUp(errno) : void();
    }
    const auto address = AddressOf(cell_.address, icmp() ? 0 : cell_.port);
    fd_ = socket(address.storage.ss_family, Type() | SOCK_NONBLOCK | SOCK_CLOEXEC, IcmpProtocol());
    if (fd_ < 0) return GiveUp(errno);
    if (connect(fd_, address.get(), address.size) != 0 && errno != EINPROGRESS)
      return GiveUp(errno);
    connecting_ = cell_.protocol == Protocol::kTcp;
    if (icmp()) SendEcho();
    if (cell_.protocol == Protocol::kUdp) SendQuestion();
  }

  // The socket is ready.
  void Continue() {
    if (connecting_) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      connecting_ = false;
      if (error != 0) return GiveUp(error);
      return cell_.greets ? void() : Reached();
    }
    uint8_t bytes[65536];
    const ssize_t size = recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN ? void() : GiveUp(errno);
    if (icmp()) return JudgeEcho(bytes, static_cast<size_t>(size));
    const std::string_view text(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
    if (cell_.protocol == Protocol::kDns) return text.empty() ? Reached() : GiveUp(text);
    JudgeGreeting(text);
  }

 private:
  bool icmp() const { return cell_.protocol == Protocol::kIcmp; }
  int Type() const {
    return icmp() ? SOCK_RAW : cell_.protocol == Protocol::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  }
  int IcmpProtocol() const {
    return !icmp() ? 0 : cell_.address.is4() ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
  }

  void SendEcho() {
    // RFC 792, RFC 4443: type, code, checksum, identifier, sequence number. The kernel fills in the
    // checksum of ICMPv6, which covers addresses too.
    const bool four = cell_.address.is4();
    uint8_t packet[64] = {four ? uint8_t{ICMP_ECHO} : uint8_t{ICMP6_ECHO_REQUEST}};
    const uint16_t id = htons(id_), sequence = htons(static_cast<uint16_t>(outcome_.attempts));
    std::memcpy(packet + 4, &id, 2);
    std::memcpy(packet + 6, &sequence, 2);
    const uint16_t checksum = four ? Checksum(packet, sizeof packet) : 0;
    std::memcpy(packet + 2, &checksum, 2);
    if (send(fd_, packet, sizeof packet, MSG_NOSIGNAL) < 0) GiveUp(errno);
  }

  void SendQuestion() {
    const bool four = cell_.address.is4();
    std::string question = "?";
    if (cell_.full) {
      const size_t headers = (four ? 20 : 40) + 8;  // RFC 791, RFC 8200, RFC 768
      const size_t mtu = ForbidFragments(fd_, four) ? MtuOfPod(fd_) : 0;
      if (mtu <= headers) return GiveUp(fmt::format("MTU of eth0: {}", std::strerror(errno)));
      question.resize(mtu - headers, '?');
    }
    question_size_ = question.size();
    if (send(fd_, question.data(), question.size(), MSG_NOSIGNAL) < 0) GiveUp(errno);
  }

  void JudgeEcho(const uint8_t* bytes, size_t size) {
    const bool four = cell_.address.is4();
    const size_t header = four && size > 0 ? size_t{bytes[0] & 0xfu} * 4 : 0;  // IPv4's comes too
    if (size < header + 8) return;
    uint16_t id = 0;
    std::memcpy(&id, bytes + header + 4, 2);
    if (bytes[header] == (four ? uint8_t{ICMP_ECHOREPLY} : uint8_t{ICMP6_ECHO_REPLY}) &&
        ntohs(id) == id_)
      Reached();
  }

  void JudgeGreeting(std::string_view text) {
    if (text.empty()) return GiveUp("closed without an answer");
    const auto line = text.substr(0, text.find('\n'));
    const auto who = line.substr(0, line.find(' '));
    if (!cell_.identity.empty() && who != cell_.identity)
      return GiveUp(fmt::format("answered by {} instead of {}", who, cell_.identity));
    const auto seen = line.substr(std::min(line.size(), who.size() + 1));
    if (cell_.seen_as && seen != cell_.seen_as->ToString())
      return GiveUp(fmt::format("seen as {} instead of {}", seen, *cell_.seen_as));
    if (cell_.full && text.size() != question_size_)
      return GiveUp(fmt::format("answered {} bytes to {}", text.size(), question_size_));
    Reached();
  }

  void Reached() {
    outcome_.reached = true;
    outcome_.time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
    outcome_.reason.clear();
    Close();
  }

  void GiveUp(int error) { GiveUp(std::string_view(std::strerror(error))); }
  void GiveUp(std::string_view reason) {
    outcome_.reason = reason;
    Close();
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  const Cell& cell_;
  const uint16_t id_;
  int fd_ = -1;
  bool connecting_ = false;
  size_t question_size_ = 0;
  Clock::time_point begun_, next_;
  Outcome outcome_{.reason = "no answer"};
};

// Lets the attempts go on until the next of them is due to be repeated, or `end`.
void Turn(std::vector<std::unique_ptr<Attempt>>& attempts, Clock::time_point end) {
  std::vector<pollfd> polled;
  std::vector<Attempt*> owners;
  auto wake = end;
  for (auto& attempt : attempts) {
    if (attempt->done()) continue;
    wake = std::min(wake, attempt->next());
    if (attempt->fd() < 0) continue;
    polled.push_back({attempt->fd(), attempt->events(), 0});
    owners.push_back(attempt.get());
  }
  const auto wait = std::chrono::ceil<milliseconds>(wake - Clock::now());
  poll(polled.data(), polled.size(), static_cast<int>(std::max<int64_t>(0, wait.count())));
  for (size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents) owners[i]->Continue();
  }
}

}  // namespace

std::vector<Outcome> ProbeHere(const std::vector<Cell>& cells, milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  std::vector<std::unique_ptr<Attempt>> attempts;
  for (const auto& cell : cells) {
    static std::atomic<uint16_t> next_id = static_cast<uint16_t>(getpid());
    attempts.push_back(std::make_unique<Attempt>(cell, next_id++));
    attempts.back()->Begin();
  }
  const auto all_done = [&] {
    return std::all_of(attempts.begin(), attempts.end(), [](auto& one) { return one->done(); });
  };
  while (!all_done() && Clock::now() < end) {
    Turn(attempts, end);
    for (auto& attempt : attempts) {
      if (!attempt->done() && Clock::now() >= attempt->next()) attempt->Begin();
    }
  }
  std::vector<Outcome> outcomes;
  outcomes.reserve(attempts.size());
  for (const auto& attempt : attempts) outcomes.push_back(attempt->outcome());
  return outcomes;
}

Result<std::vector<Outcome>> Probe(const std::string& netns, const std::vector<Cell>& cells,
                                   milliseconds timeout) {
  auto inside = netlink::Namespace::Open(netlink::Namespace::Path(netns));
  if (!inside) return Wrap("probe from " + netns, inside.error());
  return inside->Run([&]() -> Result<std::vector<Outcome>> { return ProbeHere(cells, timeout); });
}

}  // namespace kvs::probe
