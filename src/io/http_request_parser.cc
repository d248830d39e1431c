#include "io/http_request_parser.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>

namespace kvs::io {

namespace http = boost::beast::http;

namespace {
std::string Text(boost::beast::string_view text) { return {text.data(), text.size()}; }
}  // namespace

struct HttpRequestParser::Parser : http::request_parser<http::string_body> {
  explicit Parser(size_t most_body) {
    eager(true);  // goes on to the body by itself
    header_limit(kMostHead);
    body_limit(most_body);
  }
};

HttpRequestParser::HttpRequestParser(size_t most_body)
    : most_body_(most_body), parser_(std::make_unique<Parser>(most_body)) {}
HttpRequestParser::~HttpRequestParser() = default;

Result<size_t> HttpRequestParser::Put(std::string_view bytes) {
  if (bytes.empty() || parser_->is_done()) return size_t{0};
  boost::beast::error_code error;
  const size_t used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) return Fail("HTTP request: {}", error.message());
  return used;
}

std::optional<HttpMessage> HttpRequestParser::Take() {
  if (!parser_->is_done()) return std::nullopt;
  const auto& request = parser_->get();
  HttpMessage message{.method = Text(request.method_string()),
                      .target = Text(request.target()),
                      .headers = {},
                      .body = request.body(),
                      .keep_alive = request.keep_alive()};
  for (const auto& field : request) {
    std::string name = Text(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    message.headers[name] = Text(field.value());
  }
  parser_ = std::make_unique<Parser>(most_body_);
  return message;
}

std::string_view HttpReason(int status) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {reason.data(), reason.size()};
}

}  // namespace kvs::io
