#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace kvs::ovsdb {

// The answer to one question on a control socket (unixctl.h) while its bytes come: {"id", "result":
// text, "error": null}, or with the two the other way round. The text is passed on in pieces and
// not kept, so that it may be of any length.
class TextReply {
 public:
  explicit TextReply(std::function<void(std::string_view piece)> on_text);
  ~TextReply();

  // false: more has to come. An Error if the program refused, or this is no such answer; nothing
  // can be appended after that, nor after true.
  Result<bool> Append(std::string_view bytes);

 private:
  class Fields;
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kvs::ovsdb
