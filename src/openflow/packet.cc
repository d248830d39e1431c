#include "openflow/actions.h"
#include "openflow/describe.h"
#include "openflow/oxm.h"

namespace kvs::openflow {
namespace {

// enum nx_packet_in2_prop_type
enum class PacketProperty : uint16_t {
  kPacket = 0,
  kFullLength = 1,
  kBufferId = 2,
  kTable = 3,
  kCookie = 4,
  kReason = 5,
  kMetadata = 6,
  kUserdata = 7,
  kContinuation = 8,
};

uint16_t Number(PacketProperty property) { return static_cast<uint16_t>(property); }

Result<> SetProperty(PacketProperty type, Reader value, PacketIn& out) {
  switch (type) {
    case PacketProperty::kPacket:
      out.packet = value.Text(value.left());
      break;
    case PacketProperty::kTable:
      out.table = value.U8();
      break;
    case PacketProperty::kCookie:
      value.Skip(4);
      out.cookie = value.U64();
      break;
    case PacketProperty::kReason:
      out.reason = value.U8();
      break;
    case PacketProperty::kMetadata:
      if (auto match = ReadFields(value)) out.metadata = std::move(*match);
      break;
    case PacketProperty::kUserdata:
      out.userdata = value.Text(value.left());
      break;
    case PacketProperty::kContinuation:
      out.continuation = value.Text(value.left());
      break;
    case PacketProperty::kFullLength:
    case PacketProperty::kBufferId:
      break;
  }
  if (!value.ok()) return Fail("packet-in: property {} is malformed", Number(type));
  return {};
}

}  // namespace

Result<PacketIn> ReadPacketIn(Reader in) {
  PacketIn out;
  while (in.more()) {
    Reader value;
    const auto type = static_cast<PacketProperty>(Property::Read(in, value));
    if (!in.ok()) break;
    if (auto ok = SetProperty(type, value, out); !ok) return tl::unexpected(ok.error());
  }
  if (!in.ok()) return Fail("packet-in: cut off");
  if (out.packet.empty()) return Fail("packet-in: without a packet");
  return out;
}

void WritePacketOut(const PacketOut& packet, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kPacketOut, xid);
  out.U32(kNoBuffer);
  const size_t actions_size = out.size();
  out.Zeros(4);
  WriteMatch(flow::Match().Set(flow::Field::kInPort, packet.in_port), out);
  const size_t actions = out.size();
  WriteActions(packet.actions, out);
  out.Patch16(actions_size, out.size() - actions);
  out.Bytes(packet.packet);
}

// OpenFlow 1.5 specification, 7.3.4.3.
void WritePortMod(const PortMod& port, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kPortMod, xid);
  out.U32(port.number);
  out.Zeros(4);
  out.Bytes(port.mac.bytes.data(), port.mac.bytes.size());
  out.Zeros(2);
  out.U32(port.config);
  out.U32(port.mask);
}

void WriteResume(const PacketIn& packet, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kExperimenter, xid);
  out.U32(kNicira);
  out.U32(static_cast<uint32_t>(NiciraMessage::kResume));
  const auto put = [&out](PacketProperty type, const auto& value) {
    const Property property(out, Number(type));
    value();
  };
  put(PacketProperty::kPacket, [&] { out.Bytes(packet.packet); });
  put(PacketProperty::kTable, [&] { out.U8(packet.table); });
  put(PacketProperty::kCookie, [&] {
    out.Zeros(4);
    out.U64(packet.cookie);
  });
  put(PacketProperty::kReason, [&] { out.U8(packet.reason); });
  put(PacketProperty::kMetadata, [&] { WriteFields(packet.metadata, out); });
  put(PacketProperty::kContinuation, [&] { out.Bytes(packet.continuation); });
}

}  // namespace kvs::openflow
