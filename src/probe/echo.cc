#include "probe/echo.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <thread>

#include "base/net.h"

namespace kvs::probe {
namespace {

// A socket of both families on all addresses.
Result<int> Bind(int type, uint16_t port) {
  const int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  const int off = 0, on = 1;
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  sockaddr_in6 any{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0)
    return FailErrno(errno, "bind port {}", port);
  return fd;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// The address of a client of either family.
Ip ClientOf(const sockaddr_in6& client) {
  const auto* bytes = client.sin6_addr.s6_addr;
  Ip6 six;
  Ip4 four;
  std::copy_n(bytes, six.bytes.size(), six.bytes.begin());
  std::copy_n(bytes + 12, four.bytes.size(), four.bytes.begin());
  return IN6_IS_ADDR_V4MAPPED(&client.sin6_addr) ? Ip(four) : Ip(six);
}

std::string Greeting(const std::string& identity, const sockaddr_in6& client) {
  return fmt::format("{} {}\n", identity, ClientOf(client));
}

void ServeConnection(int fd, const std::string& greeting) {
  bool open = SendAll(fd, greeting);
  std::array<char, 65536> bytes;
  while (open) {
    const ssize_t size = recv(fd, bytes.data(), bytes.size(), 0);
    open = size > 0 && SendAll(fd, {bytes.data(), static_cast<size_t>(size)});
  }
  close(fd);
}

// Answers one datagram, from the address it was sent to: a host has several.
void AnswerDatagram(int fd, const std::string& identity) {
  std::array<char, 65536> bytes;
  std::array<char, 256> control;
  sockaddr_in6 client{};
  iovec question{bytes.data(), bytes.size()};
  msghdr message{.msg_name = &client,
                 .msg_namelen = sizeof client,
                 .msg_iov = &question,
                 .msg_iovlen = 1,
                 .msg_control = control.data(),
                 .msg_controllen = control.size()};
  const ssize_t size = recvmsg(fd, &message, 0);
  if (size < 0) return;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
      reinterpret_cast<in6_pktinfo*>(CMSG_DATA(header))->ipi6_ifindex = 0;  // the route decides
  }
  std::string greeting = Greeting(identity, client);
  const size_t came = static_cast<size_t>(size);
  const size_t taken = came >= kSmallDatagram ? std::min(greeting.size(), came) : 0;
  iovec parts[] = {{greeting.data(), greeting.size()}, {bytes.data() + taken, came - taken}};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Result<> ServeEcho(const std::string& identity, uint16_t port) {
  const auto tcp = Bind(SOCK_STREAM, port);
  if (!tcp) return tl::unexpected<Error>(tcp.error());
  const auto udp = Bind(SOCK_DGRAM, port);
  if (!udp) return tl::unexpected<Error>(udp.error());
  if (listen(*tcp, 1024) != 0) return FailErrno(errno, "listen on port {}", port);
  std::thread([udp = *udp, identity] {
    for (;;) AnswerDatagram(udp, identity);
  }).detach();
  for (;;) {
    sockaddr_in6 client{};
    socklen_t size = sizeof client;
    const int connection = accept4(*tcp, reinterpret_cast<sockaddr*>(&client), &size, SOCK_CLOEXEC);
    try {
      if (connection >= 0)
        std::thread(ServeConnection, connection, Greeting(identity, client)).detach();
      else if (errno == EMFILE || errno == ENFILE)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } catch (const std::system_error&) {  // no more threads
      close(connection);
    }
  }
}

}  // namespace kvs::probe
