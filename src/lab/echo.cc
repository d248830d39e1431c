#include "lab/echo.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

namespace kvs::lab {
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
void AnswerDatagram(int fd, const std::string& greeting) {
  std::array<char, 65536> bytes;
  std::array<char, 256> control;
  sockaddr_in6 client{};
  iovec parts[] = {{const_cast<char*>(greeting.data()), greeting.size()},
                   {bytes.data(), bytes.size()}};
  msghdr message{.msg_name = &client,
                 .msg_namelen = sizeof client,
                 .msg_iov = &parts[1],
                 .msg_iovlen = 1,
                 .msg_control = control.data(),
                 .msg_controllen = control.size()};
  const ssize_t size = recvmsg(fd, &message, 0);
  if (size < 0) return;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
      reinterpret_cast<in6_pktinfo*>(CMSG_DATA(header))->ipi6_ifindex = 0;  // the route decides
  }
  parts[1].iov_len = static_cast<size_t>(size);
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
  const std::string greeting = identity + "\n";
  std::thread([udp = *udp, greeting] {
    for (;;) AnswerDatagram(udp, greeting);
  }).detach();
  for (;;) {
    const int connection = accept4(*tcp, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) std::thread(ServeConnection, connection, greeting).detach();
  }
}

}  // namespace kvs::lab
