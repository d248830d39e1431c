#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace kvs::ovsdb {

// The answer to one request on a control socket (unixctl.h), parsed as its bytes arrive: {"id",
// "result": text, "error": null}, or an error and a null result. The text is passed on in pieces
// and not stored, so it may have any length.
class TextReply {
 public:
  explicit TextReply(std::function<void(std::string_view piece)> on_text);
  ~TextReply();

  // false: more bytes are needed. An Error if the program refused the request, or if this is not
  // such an answer; nothing may be appended after an Error or true.
  Result<bool> Append(std::string_view bytes);

 private:
  class Fields;
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kvs::ovsdb
