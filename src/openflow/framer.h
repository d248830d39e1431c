#pragma once

#include <optional>
#include <span>
#include <string>

#include "openflow/protocol.h"

namespace kvs::openflow {

// Splits a stream of bytes into messages.
class Framer {
 public:
  // Invalidates the messages that Next() returned.
  void Append(std::span<const uint8_t> bytes) {
    buffer_.erase(0, read_);
    read_ = 0;
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  // The next message, if it is complete.
  std::optional<Message> Next() {
    Reader in(std::string_view(buffer_).substr(read_));
    if (broken_ || in.left() < kHeaderSize) return std::nullopt;
    Message message;
    message.version = in.U8();
    message.type = static_cast<MessageType>(in.U8());
    const uint16_t size = in.U16();
    message.xid = in.U32();
    if (size < kHeaderSize || message.version == 0 || message.version > kNoVersion) broken_ = true;
    if (broken_ || in.left() < size - kHeaderSize) return std::nullopt;
    message.body = in.Sub(size - kHeaderSize);
    read_ += size;
    return message;
  }

  // The stream is not OpenFlow: a message's length is less than its header, or its version is
  // impossible.
  bool broken() const { return broken_; }

 private:
  static constexpr uint8_t kNoVersion = 15;  // where text begins, and most of what is random

  std::string buffer_;
  size_t read_ = 0;
  bool broken_ = false;
};

}  // namespace kvs::openflow
