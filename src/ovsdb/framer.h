#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// Splits a JSON-RPC stream into messages. RFC 7047 has no framing except JSON's own: objects follow
// each other, with or without white space between them, so it counts braces outside of strings. The
// JSON parser checks the messages themselves.
namespace kvs::ovsdb {

class Framer {
 public:
  static constexpr size_t kMaxMessage = 64 << 20;  // bytes
  static constexpr int kMaxDepth = 32;             // of objects and arrays

  void Append(std::string_view bytes);

  // The text of the next complete message, valid until the next call; nullopt if more bytes are
  // needed. After an Error the stream is unusable.
  Result<std::optional<std::string_view>> Next();

 private:
  Result<> Scan(char c);

  std::string buffer_;
  size_t begin_ = 0;  // of the unfinished message
  size_t next_ = 0;   // first byte not looked at
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace kvs::ovsdb
