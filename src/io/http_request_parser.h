#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// Reads HTTP/1.0 and 1.1 requests off a stream of bytes (RFC 9112; Boost.Beast underneath, hidden
// in the .cc).
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
  // At most so many bytes of a body; of a head, kMostHead.
  static constexpr size_t kMostHead = 64 * 1024;
  explicit HttpRequestParser(size_t most_body);
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  // Takes of `bytes` what it can of the next request, at most to its end, and gives the number of
  // bytes taken. The rest is to be given again, with what comes after it. An Error for what is no
  // request, or is larger than it may be.
  Result<size_t> Put(std::string_view bytes);
  // The request, if it is whole; then the next may begin.
  std::optional<HttpMessage> Take();

 private:
  struct Parser;
  const size_t most_body_;
  std::unique_ptr<Parser> parser_;
};

// The phrase of a status (RFC 9110, 15): "Not Found". Of one that is unknown "<unknown-status>".
std::string_view HttpReason(int status);

}  // namespace kvs::io
