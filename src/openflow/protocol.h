#pragma once

#include <cstdint>

#include "openflow/wire.h"

// The numbers of OpenFlow 1.5.1 and of Open vSwitch's extensions (nicira-ext.h, netronome-ext.h)
// that this room uses, and the framing that all messages share.
namespace kvs::openflow {

inline constexpr uint8_t kVersion = 6;  // OpenFlow 1.5
inline constexpr size_t kHeaderSize = 8;
inline constexpr size_t kMaxMessage = 0xffff;

inline constexpr uint32_t kNicira = 0x00002320;
inline constexpr uint32_t kNetronome = 0x0000154d;

enum class MessageType : uint8_t {
  kHello = 0,
  kError = 1,
  kEchoRequest = 2,
  kEchoReply = 3,
  kExperimenter = 4,
  kFeaturesRequest = 5,
  kFeaturesReply = 6,
  kSetConfig = 9,
  kFlowRemoved = 11,
  kPortStatus = 12,
  kPacketOut = 13,
  kFlowMod = 14,
  kGroupMod = 15,
  kPortMod = 16,
  kMultipartRequest = 18,
  kMultipartReply = 19,
  kBarrierRequest = 20,
  kBarrierReply = 21,
  kMeterMod = 29,
  kBundleControl = 33,
  kBundleAdd = 34,
};

enum class Multipart : uint16_t {
  kFlowDescription = 1,
  kAggregate = 2,
  kTable = 3,
  kGroupDescription = 7,
  kMeterStatistics = 9,
  kMeterDescription = 10,
  kPortDescription = 13,
  kFlowMonitor = 16,
};

enum class NiciraMessage : uint32_t {
  kSetPacketInFormat = 16,
  kResume = 28,
  kPacketIn = 30,
  kCtFlush = 32,
};

enum class BundleControl : uint16_t {
  kOpen = 0,
  kOpened = 1,
  kCommit = 4,
  kCommitted = 5,
  kDiscard = 6,
  kDiscarded = 7,
};

inline constexpr uint16_t kBundleFlags = 3;  // atomic, ordered

inline constexpr uint32_t kAnyGroup = 0xffffffff;
inline constexpr uint32_t kNoBuffer = 0xffffffff;
inline constexpr uint8_t kAllTables = 0xff;

// Writes a message's header now, and its length at the end of the scope. The caller must check that
// the message is not larger than kMaxMessage.
class Envelope {
 public:
  Envelope(Writer& out, MessageType type, uint32_t xid) : out_(out), start_(out.size()) {
    out.U8(kVersion);
    out.U8(static_cast<uint8_t>(type));
    out.U16(0);
    out.U32(xid);
  }
  ~Envelope() { out_.Patch16(start_ + 2, out_.size() - start_); }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;

 private:
  Writer& out_;
  const size_t start_;
};

// A message as received.
struct Message {
  uint8_t version = 0;
  MessageType type = MessageType::kHello;
  uint32_t xid = 0;
  Reader body;
};

// A property (type, length, value, padding to 8 bytes): how OpenFlow 1.4 and later, and Nicira's
// messages, extend a structure.
class Property {
 public:
  Property(Writer& out, uint16_t type) : out_(out), start_(out.size()) {
    out.U16(type);
    out.U16(0);
  }
  ~Property() {
    out_.Patch16(start_ + 2, out_.size() - start_);
    out_.Pad(start_);
  }
  Property(const Property&) = delete;
  Property& operator=(const Property&) = delete;

  // Reads the next property: returns its type; `value` gets its content without padding.
  static uint16_t Read(Reader& in, Reader& value) {
    const uint16_t type = in.U16();
    const uint16_t size = in.U16();
    if (size < 4) in.Fail();
    value = in.Sub(size < 4 ? 0 : size - 4);
    if (in.left() > 0) in.SkipPadding(size);
    return type;
  }

 private:
  Writer& out_;
  const size_t start_;
};

}  // namespace kvs::openflow
