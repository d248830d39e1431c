#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

// Errors are values. A Result<T> is a T or an Error; an Error is one sentence for a person with the
// object, the field and the remedy. Context is added by the callers, outermost first ("read /etc/x:
// permission denied").
namespace kvs {

struct Error {
  std::string message;
  int code = 0;  // errno, where the kernel gave one: for who must tell EEXIST from ENODEV

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
using Result = tl::expected<T, Error>;

// return Fail("pod range {}: {} addresses are too few", range, n);
template <class... Args>
tl::unexpected<Error> Fail(fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected<Error>(Error{fmt::format(text, std::forward<Args>(args)...)});
}

// A system call's error: return FailErrno(errno, "open {}", path) says "open /x: No such file ...".
template <class... Args>
tl::unexpected<Error> FailErrno(int code, fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected<Error>(
      Error{fmt::format(text, std::forward<Args>(args)...) + ": " + std::strerror(code), code});
}

// Passes an error on and adds what was being done: return Wrap("open " + path, fd.error());
inline tl::unexpected<Error> Wrap(std::string_view doing, const Error& error) {
  return tl::unexpected<Error>(Error{fmt::format("{}: {}", doing, error.message), error.code});
}

}  // namespace kvs
