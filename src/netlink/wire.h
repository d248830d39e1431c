#pragma once

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"

// The netlink format (RFC 3549, Documentation/userspace-api/netlink/intro.rst): messages of a
// header, a fixed struct and attributes, all aligned to 4 bytes and in host byte order. Message
// encodes; Received and Attributes decode. They never read past the given bytes, and treat anything
// truncated or of an unexpected size as absent.
namespace kvs::netlink {

using Bytes = std::span<const uint8_t>;

// AF_INET or AF_INET6.
inline uint8_t Family(const Ip& ip) { return ip.is6() ? AF_INET6 : AF_INET; }

// A request to the kernel, ready to be sent, and its description for errors ("create link kv3"). If
// a link is known by its index only, it is `link`, and `what` ends where the link's name belongs
// ("add address 10.0.0.1/32 of link"): the socket, which is in the link's namespace, looks it up.
// The socket sets NLM_F_REQUEST and the sequence number.
struct Request {
  std::string what;
  std::vector<uint8_t> bytes;
  int link = 0;  // 0: `what` is whole
};

class Message {
 public:
  // `type` is RTM_..., `flags` NLM_F_... beyond NLM_F_REQUEST.
  Message(uint16_t type, uint16_t flags);

  // The fixed struct after the header (ifinfomsg, rtmsg, ...), or one inside an attribute.
  template <class T>
  Message& Struct(const T& value) {
    return Append(&value, sizeof value);
  }

  Message& Put(uint16_t attribute, Bytes value);
  Message& Put(uint16_t attribute, const Ip& ip) {
    return Put(attribute, Bytes{ip.data(), ip.size()});
  }
  Message& Put(uint16_t attribute, const Mac& mac) { return Put(attribute, Bytes{mac.bytes}); }
  Message& PutU8(uint16_t attribute, uint8_t value) { return Put(attribute, Bytes{&value, 1}); }
  Message& PutU16(uint16_t attribute, uint16_t value);
  Message& PutU32(uint16_t attribute, uint32_t value);
  Message& PutText(uint16_t attribute, std::string_view text);  // ends with a zero byte

  // An attribute whose value `fill` writes: nested attributes, or a struct and attributes.
  template <class Fill>
  Message& Nest(uint16_t attribute, Fill fill) {
    const size_t start = Begin(attribute);
    fill(*this);
    return End(start);
  }

  // Returns the message as a request; the Message is empty after that.
  Request Asking(std::string what, int link = 0);

 private:
  Message& Append(const void* data, size_t size);
  size_t Begin(uint16_t attribute);
  Message& End(size_t start);

  std::vector<uint8_t> bytes_;
};

// A received message. `body` is what follows the header.
struct Received {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  Bytes body;
};

// Removes and returns the first message of `datagram`; nullopt at the end, and if the rest is
// malformed.
std::optional<Received> TakeMessage(Bytes& datagram);

// The fixed struct at the start of `body`, which is advanced past it; nullopt if it is too short.
template <class T>
std::optional<T> TakeStruct(Bytes& body) {
  if (body.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, body.data(), sizeof value);
  body = body.subspan(std::min(body.size(), size_t{NLMSG_ALIGN(sizeof(T))}));
  return value;
}

class Attributes {
 public:
  explicit Attributes(Bytes bytes) : bytes_(bytes) {}

  // The value of the first attribute of this type; nullopt if there is none.
  std::optional<Bytes> Find(uint16_t attribute) const;
  std::vector<Bytes> All(uint16_t attribute) const;  // of this type: a list's elements, in order
  std::optional<uint8_t> U8(uint16_t attribute) const { return Number<uint8_t>(attribute); }
  std::optional<uint16_t> U16(uint16_t attribute) const { return Number<uint16_t>(attribute); }
  std::optional<uint32_t> U32(uint16_t attribute) const { return Number<uint32_t>(attribute); }
  std::string Text(uint16_t attribute) const;  // up to its zero byte; empty if absent
  std::optional<Mac> MacAt(uint16_t attribute) const;
  std::optional<Ip> IpAt(uint16_t attribute) const;  // 4 bytes are IPv4, 16 are IPv6
  Attributes Nested(uint16_t attribute) const;       // empty if absent

 private:
  template <class T>
  std::optional<T> Number(uint16_t attribute) const {
    const auto value = Find(attribute);
    if (!value || value->size() != sizeof(T)) return std::nullopt;
    T number;
    std::memcpy(&number, value->data(), sizeof number);
    return number;
  }

  Bytes bytes_;
};

// The meaning of an NLMSG_ERROR message: success, or the errno in words and as code, with the
// kernel's explanation if there is one (NLMSGERR_ATTR_MSG).
Result<> ParseAck(const Received& message);

}  // namespace kvs::netlink
