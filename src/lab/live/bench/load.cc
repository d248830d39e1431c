#include "lab/live/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "netlink/namespace.h"

namespace kvs::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kChunk = 128 << 10;  // bytes, as iperf3
constexpr int kReceiveBuffer = 4 << 20;
constexpr timeval kTimeout{.tv_sec = 5, .tv_usec = 0};

// Both ends take turns on the first CPU there is; the switch has the others.
void StayOnFirstCpu() {
  cpu_set_t allowed, first;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int cpu = 0;
  while (cpu < CPU_SETSIZE && !CPU_ISSET(cpu, &allowed)) ++cpu;
  CPU_ZERO(&first);
  CPU_SET(cpu, &first);
  sched_setaffinity(0, sizeof first, &first);
}

sockaddr_in AddressOf(const Ip& ip) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(Responder::kPort);
  std::memcpy(&address.sin_addr, ip.data(), sizeof address.sin_addr);
  return address;
}

template <class T>
void Set(const Fd& fd, int level, int option, const T& value) {
  setsockopt(fd.get(), level, option, &value, sizeof value);
}

// A socket of the calling thread's namespace, connected to the far end.
Result<Fd> Dial(int type, const Ip& ip) {
  Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  Set(fd, SOL_SOCKET, SO_RCVTIMEO, kTimeout);
  Set(fd, SOL_SOCKET, SO_SNDTIMEO, kTimeout);
  if (type == SOCK_STREAM) Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  const sockaddr_in to = AddressOf(ip);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return FailErrno(errno, "connect to {}", ip);
  return fd;
}

// A socket in `netns` that hears what comes to the far end's port.
Result<Fd> Hear(const std::string& netns, int type) {
  const auto space = netlink::Namespace::Open(netlink::Namespace::Path(netns));
  if (!space) return tl::unexpected(space.error());
  return space->Run([&]() -> Result<Fd> {
    Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (type == SOCK_DGRAM) Set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer);
    const sockaddr_in any = AddressOf(Ip4{});
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
        (type == SOCK_STREAM && listen(fd.get(), SOMAXCONN) != 0))
      return FailErrno(errno, "hear port {} of {}", Responder::kPort, netns);
    return fd;
  });
}

// Calls `work` in a thread inside the path's near namespace.
template <class Work>
auto Near(const Path& path, Work work) {
  decltype(work()) result;
  std::thread([&] {
    const auto space = netlink::Namespace::Open(netlink::Namespace::Path(path.client));
    if (!space) return void(result = tl::unexpected(space.error()));
    StayOnFirstCpu();
    result = space->Run(work);
  }).join();
  return result;
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Whether a byte went there and another came back.
bool Exchange(const Fd& fd) {
  char byte = 'x';
  return send(fd.get(), &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd.get(), &byte, 1, 0) == 1;
}

}  // namespace

Result<std::unique_ptr<Responder>> Responder::Open(const std::string& netns) {
  auto listener = Hear(netns, SOCK_STREAM);
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<Responder>(new Responder(std::move(*listener)));
}

Responder::Responder(Fd listener) : listener_(std::move(listener)), thread_([this] { Serve(); }) {}

Responder::~Responder() {
  shutdown(listener_.get(), SHUT_RDWR);  // accept(2) fails then
  thread_.join();
}

void Responder::Serve() const {
  StayOnFirstCpu();
  std::vector<char> bytes(kChunk);
  for (;;) {
    const Fd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.get() < 0) return;
    Set(peer, IPPROTO_TCP, TCP_NODELAY, 1);
    Set(peer, SOL_SOCKET, SO_RCVTIMEO, kTimeout);
    for (ssize_t size; (size = recv(peer.get(), bytes.data(), bytes.size(), 0)) > 0;)
      if (size == 1 && send(peer.get(), bytes.data(), 1, MSG_NOSIGNAL) != 1) break;
  }
}

Result<double> RequestResponse(const Path& path, int transactions) {
  return Near(path, [&]() -> Result<double> {
    const auto fd = Dial(SOCK_STREAM, path.address);
    if (!fd) return tl::unexpected(fd.error());
    if (!Exchange(*fd)) return FailErrno(errno, "no answer from {}", path.address);
    const auto start = Clock::now();
    for (int i = 0; i < transactions; ++i)
      if (!Exchange(*fd)) return FailErrno(errno, "no answer from {}", path.address);
    return transactions / SecondsSince(start);
  });
}

Result<double> ConnectRequestResponse(const Path& path, int connections) {
  return Near(path, [&]() -> Result<double> {
    const auto start = Clock::now();
    for (int i = 0; i < connections; ++i) {
      const auto fd = Dial(SOCK_STREAM, path.address);
      if (!fd) return tl::unexpected(fd.error());
      if (!Exchange(*fd)) return FailErrno(errno, "no answer from {}", path.address);
    }
    return connections / SecondsSince(start);
  });
}

Result<double> Throughput(const Path& path, std::chrono::milliseconds time) {
  return Near(path, [&]() -> Result<double> {
    const auto fd = Dial(SOCK_STREAM, path.address);
    if (!fd) return tl::unexpected(fd.error());
    const std::vector<char> chunk(kChunk);
    const auto start = Clock::now();
    double bytes = 0;
    while (Clock::now() - start < time) {
      const ssize_t size = send(fd->get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
      if (size < 0) return FailErrno(errno, "send to {}", path.address);
      bytes += static_cast<double>(size);
    }
    shutdown(fd->get(), SHUT_WR);
    char rest[64];  // answers to bytes that happened to come alone, and the end
    ssize_t size;
    while ((size = recv(fd->get(), rest, sizeof rest, 0)) > 0) continue;
    if (size < 0) return FailErrno(errno, "no end from {}", path.address);
    return bytes * 8 / 1e9 / SecondsSince(start);
  });
}

Result<std::unique_ptr<Stream>> Stream::Start(const Path& path, int per_second, uint64_t packets) {
  auto receiver = Hear(path.server, SOCK_DGRAM);
  if (!receiver) return tl::unexpected(receiver.error());
  auto sender = Near(path, [&] { return Dial(SOCK_DGRAM, path.address); });
  if (!sender) return tl::unexpected(sender.error());
  return std::unique_ptr<Stream>(
      new Stream(std::move(*sender), std::move(*receiver), per_second, packets));
}

Stream::Stream(Fd sender, Fd receiver, int per_second, uint64_t packets)
    : sender_(std::move(sender)),
      receiver_(std::move(receiver)),
      arrived_(packets),
      sending_([this, per_second] { Send(per_second); }),
      receiving_([this] { Receive(); }) {}

Stream::~Stream() {
  if (sending_.joinable()) Finish();
}

Stream::Count Stream::Finish() {
  sending_.join();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  over_ = true;
  receiving_.join();
  return {sent_, static_cast<uint64_t>(std::ranges::count(arrived_, true))};
}

void Stream::Send(int per_second) {
  const auto start = Clock::now();
  for (uint64_t i = 0; i < arrived_.size(); ++i) {
    std::this_thread::sleep_until(start + std::chrono::nanoseconds(1'000'000'000 / per_second) * i);
    std::array<char, 64> packet{};
    std::memcpy(packet.data(), &i, sizeof i);
    if (send(sender_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(packet.size()))
      ++sent_;
  }
}

void Stream::Receive() {
  Set(receiver_, SOL_SOCKET, SO_RCVTIMEO, timeval{.tv_sec = 0, .tv_usec = 100'000});
  while (!over_) {
    uint64_t number;
    if (recv(receiver_.get(), &number, sizeof number, 0) == sizeof number &&
        number < arrived_.size())
      arrived_[number] = true;
  }
}

}  // namespace kvs::lab
