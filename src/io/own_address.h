#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <string>

namespace kvs::io {

// For tests: ADDRESS:PORT on loopback, with an address that no other running process has. Tests run
// side by side, each in a process of its own, so a test that needs a known port takes this one.
inline std::string OwnAddress(int port) {
  const auto pid = static_cast<uint32_t>(getpid());  // at most 22 bits
  return fmt::format("127.{}.{}.{}:{}", 64 + (pid >> 16), pid >> 8 & 255, pid & 255, port);
}

}  // namespace kvs::io
