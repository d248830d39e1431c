#include "openflow/ct_flush.h"

#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

constexpr uint16_t kZoneId = 2;       // enum nx_ct_flush_tlv_type
constexpr uint16_t kTupleSource = 0;  // enum nx_ct_flush_tuple_tlv_type
constexpr size_t kMapped = 10;  // zeros before the 0xffff of ::ffff:0:0/96 (RFC 4291, 2.5.5.2)

}  // namespace

void WriteCtFlush(const CtFilter& filter, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kExperimenter, xid);
  out.U32(kNicira);
  out.U32(static_cast<uint32_t>(NiciraMessage::kCtFlush));
  out.U8(filter.protocol);
  out.Zeros(7);
  {
    const Property tuple(out, static_cast<uint16_t>(filter.role));
    out.Zeros(4);
    const Property source(out, kTupleSource);
    if (filter.ip.is4()) {
      out.Zeros(kMapped);
      out.U16(0xffff);
    }
    out.Bytes(filter.ip.data(), filter.ip.size());
  }
  const Property zone(out, kZoneId);
  out.U16(filter.zone);
  out.Zeros(2);
}

}  // namespace kvs::openflow
