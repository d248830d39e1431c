#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// Parses HTTP/1.0 and 1.1 requests from a stream of bytes (RFC 9112; with Boost.Beast, hidden in
// the .cc).
namespace kvs::io {

struct HttpMessage {
  std::string method;                          // "GET"
  std::string target;                          // as sent, with query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool keep_alive = false;  // another request may follow
};

class HttpRequestParser {
 public:
  // Limits in bytes: the body's is given, the head's is kMostHead.
  static constexpr size_t kMostHead = 64 * 1024;
  explicit HttpRequestParser(size_t most_body);
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  // Takes bytes of the next request, at most to its end, and returns the number of bytes taken.
  // Give the rest again, together with the bytes that follow. An Error if this is not a request, or
  // if it is too large.
  Result<size_t> Put(std::string_view bytes);
  // The request, if it is complete; then the next may begin.
  std::optional<HttpMessage> Take();

 private:
  struct Parser;
  const size_t most_body_;
  std::unique_ptr<Parser> parser_;
};

// The reason phrase of a status (RFC 9110, 15): "Not Found". "<unknown-status>" for an unknown one.
std::string_view HttpReason(int status);

}  // namespace kvs::io
