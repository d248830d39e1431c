#include "ovsdb/framer.h"

namespace kvs::ovsdb {

void Framer::Append(std::string_view bytes) {
  buffer_.erase(0, begin_);
  next_ -= begin_;
  begin_ = 0;
  buffer_ += bytes;
}

Result<> Framer::Scan(char c) {
  if (in_string_) {
    if (escaped_)
      escaped_ = false;
    else if (c == '\\')
      escaped_ = true;
    else if (c == '"')
      in_string_ = false;
    return {};
  }
  if (depth_ == 0 && c != '{')
    return Fail("the server sent byte 0x{:02x} where a JSON object should begin",
                static_cast<uint8_t>(c));
  if (c == '"') in_string_ = true;
  if (c == '{' || c == '[') ++depth_;
  if (c == '}' || c == ']') --depth_;
  if (depth_ > kMaxDepth)
    return Fail("the server sent a message nested deeper than {} levels", kMaxDepth);
  return {};
}

Result<std::optional<std::string_view>> Framer::Next() {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  for (; next_ < buffer_.size(); ++next_) {
    if (depth_ == 0 && is_space(buffer_[next_])) {
      begin_ = next_ + 1;
      continue;
    }
    if (auto good = Scan(buffer_[next_]); !good) return tl::unexpected(good.error());
    if (depth_ > 0) continue;
    const std::string_view message(buffer_.data() + begin_, next_ + 1 - begin_);
    begin_ = ++next_;
    return message;
  }
  if (next_ - begin_ > kMaxMessage)
    return Fail("the server sent a message longer than {} MiB", kMaxMessage >> 20);
  return std::nullopt;
}

}  // namespace kvs::ovsdb
