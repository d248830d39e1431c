#include "ovsdb/text_reply.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace kvs::ovsdb {
namespace json = boost::json;

// Boost.JSON's events while it parses the answer.
class TextReply::Fields {
 public:
  static constexpr size_t max_array_size = size_t(-1), max_object_size = size_t(-1);
  static constexpr size_t max_string_size = size_t(-1), max_key_size = 4096;

  explicit Fields(std::function<void(std::string_view)> on_text) : on_text_(std::move(on_text)) {}

  bool has_text() const { return has_text_; }
  const std::optional<std::string>& error() const { return error_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return Enter(); }
  bool on_array_end(size_t, json::error_code&) { return Leave(); }
  bool on_object_begin(json::error_code&) { return Enter(); }
  bool on_object_end(size_t, json::error_code&) { return Leave(); }
  bool on_key_part(json::string_view part, size_t, json::error_code&) {
    unfinished_key_ += part;
    return true;
  }
  bool on_key(json::string_view part, size_t, json::error_code&) {
    if (depth_ == 1) key_ = unfinished_key_ + std::string(part);
    unfinished_key_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, size_t, json::error_code&) { return Take(part); }
  bool on_string(json::string_view part, size_t, json::error_code&) { return Take(part); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  static constexpr size_t kMostOfError = 64 << 10;  // bytes

  bool Enter() {
    ++depth_;
    return true;
  }
  bool Leave() {
    --depth_;
    return true;
  }
  bool Take(json::string_view part) {
    if (depth_ == 1 && key_ == "result") {
      has_text_ = true;
      on_text_({part.data(), part.size()});
    } else if (depth_ == 1 && key_ == "error") {
      if (!error_) error_.emplace();
      if (error_->size() < kMostOfError) error_->append(part.data(), part.size());
    }
    return true;
  }

  const std::function<void(std::string_view)> on_text_;
  int depth_ = 0;
  std::string unfinished_key_, key_;
  bool has_text_ = false;
  std::optional<std::string> error_;
};

struct TextReply::Parser {
  explicit Parser(std::function<void(std::string_view)> on_text)
      : json(json::parse_options(), std::move(on_text)) {}
  json::basic_parser<Fields> json;
};

TextReply::TextReply(std::function<void(std::string_view)> on_text)
    : parser_(std::make_unique<Parser>(std::move(on_text))) {}

TextReply::~TextReply() = default;

Result<bool> TextReply::Append(std::string_view bytes) {
  auto& json = parser_->json;
  json::error_code bad;
  json.write_some(true, bytes.data(), bytes.size(), bad);
  if (bad) return Fail("the answer is not JSON: {}", bad.message());
  if (!json.done()) return false;
  const Fields& fields = json.handler();
  if (fields.error()) {
    const std::string_view text = *fields.error();
    return Fail("{}", text.substr(0, text.find_last_not_of('\n') + 1));
  }
  if (!fields.has_text()) return Fail("the answer has no text");
  return true;
}

}  // namespace kvs::ovsdb
