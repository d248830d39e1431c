#include "lab/unixctl.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kvs::lab {
namespace {

class Connection {
 public:
  static Result<Connection> Open(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX};
    if (path.size() >= sizeof address.sun_path) return Fail("socket {}: path too long", path);
    path.copy(address.sun_path, path.size());
    Connection connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(connection.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return FailErrno(errno, "connect to {}", path);
    return connection;
  }
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  explicit Connection(int fd) : fd_(fd) {}
  int fd_;
};

Result<boost::json::value> Exchange(const Connection& connection, const std::string& request) {
  if (send(connection.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return FailErrno(errno, "send");
  boost::json::stream_parser parser;
  boost::system::error_code error;
  while (!parser.done()) {
    char bytes[16384];
    const ssize_t size = recv(connection.fd(), bytes, sizeof bytes, 0);
    if (size < 0) return FailErrno(errno, "no answer");
    if (size == 0) return Fail("closed before an answer came");
    parser.write_some(bytes, static_cast<size_t>(size), error);
    if (error) return Fail("the answer is not JSON: {}", error.message());
  }
  return parser.release();
}

}  // namespace

Result<std::string> Unixctl(const std::string& socket, const std::string& method,
                            const std::vector<std::string>& args, std::chrono::seconds timeout) {
  auto connection = Connection::Open(socket);
  if (!connection) return tl::unexpected<Error>(connection.error());
  const timeval limit{.tv_sec = timeout.count()};
  setsockopt(connection->fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const boost::json::object request{
      {"id", 0}, {"method", method}, {"params", boost::json::array(args.begin(), args.end())}};
  const auto answer = Exchange(*connection, boost::json::serialize(request));
  if (!answer) return Wrap(method, answer.error());
  const auto* fields = answer->if_object();
  const auto* error = fields ? fields->if_contains("error") : nullptr;
  if (error && error->is_string()) return Fail("{}: {}", method, error->get_string().c_str());
  const auto* result = fields ? fields->if_contains("result") : nullptr;
  if (!result || !result->is_string()) return Fail("{}: the answer has no text", method);
  return std::string(result->get_string());
}

bool Listens(const std::string& socket) { return Connection::Open(socket).has_value(); }

}  // namespace kvs::lab
