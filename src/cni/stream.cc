#include "cni/stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kvs::cni {

Outcome<std::string> ReadToEnd(int fd, std::string_view what, Deadline deadline) {
  std::string text;
  char buffer[4096];
  while (text.size() <= kMostInput) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - In({}));
    pollfd one{.fd = fd, .events = POLLIN};
    const int ready = poll(&one, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0)
      return Refuse(Code::kTryLater, "{} did not end in time; see why its writer hangs", what);
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return text;
    text.append(buffer, static_cast<size_t>(size));
  }
  return Refuse(Code::kUndecodable, "{} has more than the maximum of {} bytes", what, kMostInput);
}

}  // namespace kvs::cni
