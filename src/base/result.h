#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

// Errors are values. A Result<T> is a T or an Error; an Error is one sentence for a person: the
// object, the field and the remedy. Context is added on the way up, outermost first ("read /etc/x:
// permission denied").
namespace kvs {

struct Error {
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
using Result = tl::expected<T, Error>;

// return Fail("pod range {}: {} addresses are too few", range, n);
template <class... Args>
tl::unexpected<Error> Fail(fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected<Error>(Error{fmt::format(text, std::forward<Args>(args)...)});
}

// Passes an error on, with what was being done: return Wrap("open " + path, fd.error());
inline tl::unexpected<Error> Wrap(std::string_view doing, const Error& error) {
  return tl::unexpected<Error>(Error{fmt::format("{}: {}", doing, error.message)});
}

}  // namespace kvs
