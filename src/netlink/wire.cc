#include "netlink/wire.h"

#include <algorithm>
#include <cerrno>

namespace kvs::netlink {
namespace {

// Longer than any text the kernel accepts, so that it refuses text that is cut here; short enough
// for the 16 bits of an attribute's length.
constexpr size_t kMaxText = 4096;

constexpr size_t Aligned(size_t size) { return (size + 3) & ~size_t{3}; }

// Records that begin with a header that contains their length, and are aligned to 4 bytes: messages
// and attributes.
template <class Header>
struct Record {
  Header header;
  Bytes body;
};

// Removes and returns the next record of `rest`; nullopt at the end, and if the rest is malformed.
template <class Header, class Length>
std::optional<Record<Header>> TakeRecord(Bytes& rest, Length Header::*length_field) {
  Header header;
  if (rest.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, rest.data(), sizeof header);
  const size_t length = header.*length_field;
  if (length < sizeof header || length > rest.size()) return std::nullopt;
  const Bytes body = rest.subspan(sizeof header, length - sizeof header);
  rest = rest.subspan(std::min(rest.size(), Aligned(length)));
  return Record<Header>{header, body};
}

struct Attribute {
  uint16_t type;
  Bytes value;
};

std::optional<Attribute> TakeAttribute(Bytes& rest) {
  const auto next = TakeRecord(rest, &nlattr::nla_len);
  if (!next) return std::nullopt;
  return Attribute{static_cast<uint16_t>(next->header.nla_type & NLA_TYPE_MASK), next->body};
}

}  // namespace

Message::Message(uint16_t type, uint16_t flags) {
  const auto all = static_cast<uint16_t>(flags | NLM_F_REQUEST);
  Struct(nlmsghdr{.nlmsg_type = type, .nlmsg_flags = all});
}

Message& Message::Put(uint16_t attribute, Bytes value) {
  const size_t start = Begin(attribute);
  Append(value.data(), value.size());
  const auto length = static_cast<uint16_t>(sizeof(nlattr) + value.size());  // without the padding
  std::memcpy(&bytes_[start], &length, sizeof length);
  return *this;
}

Message& Message::PutU16(uint16_t attribute, uint16_t value) {
  return Put(attribute, Bytes{reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

Message& Message::PutU32(uint16_t attribute, uint32_t value) {
  return Put(attribute, Bytes{reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

Message& Message::PutText(uint16_t attribute, std::string_view text) {
  std::vector<uint8_t> value(text.begin(), text.begin() + std::min(text.size(), kMaxText));
  value.push_back(0);
  return Put(attribute, value);
}

Request Message::Asking(std::string what, int link) {
  const auto length = static_cast<uint32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &length, sizeof length);
  return {std::move(what), std::move(bytes_), link};
}

Message& Message::Append(const void* data, size_t size) {
  const auto* from = static_cast<const uint8_t*>(data);
  bytes_.insert(bytes_.end(), from, from + size);
  bytes_.resize(Aligned(bytes_.size()));
  return *this;
}

size_t Message::Begin(uint16_t attribute) {
  const size_t start = bytes_.size();
  Struct(nlattr{.nla_type = attribute});
  return start;
}

Message& Message::End(size_t start) {
  const auto length = static_cast<uint16_t>(bytes_.size() - start);
  std::memcpy(&bytes_[start], &length, sizeof length);
  return *this;
}

std::optional<Received> TakeMessage(Bytes& datagram) {
  const auto next = TakeRecord(datagram, &nlmsghdr::nlmsg_len);
  if (!next) return std::nullopt;
  const nlmsghdr& header = next->header;
  return Received{header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq, next->body};
}

std::optional<Bytes> Attributes::Find(uint16_t attribute) const {
  Bytes rest = bytes_;
  while (const auto next = TakeAttribute(rest))
    if (next->type == attribute) return next->value;
  return std::nullopt;
}

std::vector<Bytes> Attributes::All(uint16_t attribute) const {
  std::vector<Bytes> values;
  Bytes rest = bytes_;
  while (const auto next = TakeAttribute(rest))
    if (next->type == attribute) values.push_back(next->value);
  return values;
}

std::string Attributes::Text(uint16_t attribute) const {
  const auto value = Find(attribute).value_or(Bytes{});
  return {value.begin(), std::find(value.begin(), value.end(), 0)};
}

std::optional<Mac> Attributes::MacAt(uint16_t attribute) const {
  const auto value = Find(attribute);
  Mac mac;
  if (!value || value->size() != mac.bytes.size()) return std::nullopt;
  std::copy(value->begin(), value->end(), mac.bytes.begin());
  return mac;
}

std::optional<Ip> Attributes::IpAt(uint16_t attribute) const {
  const auto value = Find(attribute).value_or(Bytes{});
  Ip4 four;
  Ip6 six;
  if (value.size() == four.bytes.size()) {
    std::copy(value.begin(), value.end(), four.bytes.begin());
    return four;
  }
  if (value.size() != six.bytes.size()) return std::nullopt;
  std::copy(value.begin(), value.end(), six.bytes.begin());
  return six;
}

Attributes Attributes::Nested(uint16_t attribute) const {
  return Attributes(Find(attribute).value_or(Bytes{}));
}

Result<> ParseAck(const Received& message) {
  Bytes body = message.body;
  const auto verdict = TakeStruct<nlmsgerr>(body);
  constexpr int kMaxErrno = 4095;
  if (!verdict || verdict->error > 0 || verdict->error < -kMaxErrno)
    return tl::unexpected<Error>(Error{std::strerror(EBADMSG), EBADMSG});
  if (verdict->error == 0) return {};
  if (!(message.flags & NLM_F_CAPPED)) {  // the request's own body stands before the attributes
    const size_t echo = NLMSG_ALIGN(verdict->msg.nlmsg_len) - sizeof(nlmsghdr);
    body = verdict->msg.nlmsg_len < sizeof(nlmsghdr) || echo > body.size() ? Bytes{}
                                                                           : body.subspan(echo);
  }
  Error error{std::strerror(-verdict->error), -verdict->error};
  const auto text = message.flags & NLM_F_ACK_TLVS ? Attributes(body).Text(NLMSGERR_ATTR_MSG) : "";
  if (!text.empty()) error.message += fmt::format(" ({})", text);
  return tl::unexpected<Error>(error);
}

}  // namespace kvs::netlink
