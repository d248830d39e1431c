#include "openflow/meter.h"

#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

enum class MeterCommand : uint16_t { kAdd = 0, kModify = 1, kDelete = 2 };

constexpr uint16_t kPacketsPerSecond = 2, kBurst = 4;  // OFPMF_PKTPS, OFPMF_BURST
constexpr uint16_t kDropBand = 1;                      // OFPMBT_DROP
constexpr uint16_t kEntryFrame = 8, kBandSize = 16, kStatsFrame = 40;
constexpr uint32_t kAllMeters = 0xffffffff;  // OFPM_ALL

void WriteHead(MeterCommand command, uint16_t flags, uint32_t meter, Writer& out) {
  out.U16(static_cast<uint16_t>(command));
  out.U16(flags);
  out.U32(meter);
}

void WriteMeter(MeterCommand command, const flow::Meter& meter, Writer& out) {
  WriteHead(command, kPacketsPerSecond | kBurst, meter.meter_id, out);
  out.U16(kDropBand);
  out.U16(kBandSize);
  out.U32(meter.rate);
  out.U32(meter.burst);
  out.Zeros(4);
}

// One overload per change.
struct MeterWriter {
  Writer& out;

  void operator()(const AddMeter& add) const { WriteMeter(MeterCommand::kAdd, add.meter, out); }
  void operator()(const ModifyMeter& modify) const {
    WriteMeter(MeterCommand::kModify, modify.meter, out);
  }
  void operator()(const EraseMeter& erase) const {
    WriteHead(MeterCommand::kDelete, 0, erase.meter, out);
  }
};

void WriteRequest(Multipart type, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kMultipartRequest, xid);
  out.U16(static_cast<uint16_t>(type));
  out.Zeros(6);
  out.U32(kAllMeters);
  out.Zeros(4);
}

}  // namespace

void WriteMeterChange(const MeterChange& change, uint32_t xid, Writer& out) {
  const Envelope envelope(out, MessageType::kMeterMod, xid);
  std::visit(MeterWriter{out}, change);
}

void RequestMeters(uint32_t xid, Writer& out) {
  WriteRequest(Multipart::kMeterDescription, xid, out);
}

void RequestMeterStats(uint32_t xid, Writer& out) {
  WriteRequest(Multipart::kMeterStatistics, xid, out);
}

Result<> ReadMeters(Reader in, std::vector<InstalledMeter>& out) {
  while (in.more()) {
    const uint16_t size = in.U16();
    const uint16_t flags = in.U16();
    InstalledMeter installed;
    installed.meter.meter_id = in.U32();
    if (size < kEntryFrame) in.Fail();
    Reader bands = in.Sub(in.ok() ? size - kEntryFrame : 0);
    if (!in.ok()) return Fail("meters: cut off");
    if (installed.meter.meter_id > flow::kMaxMeter) continue;
    const bool one_drop_band =
        bands.left() == kBandSize && bands.U16() == kDropBand && bands.U16() == kBandSize;
    installed.foreign = !one_drop_band || flags != (kPacketsPerSecond | kBurst);
    if (!installed.foreign) {
      installed.meter.rate = bands.U32();
      installed.meter.burst = bands.U32();
    }
    out.push_back(installed);
  }
  if (!in.ok()) return Fail("meters: cut off");
  return {};
}

Result<> ReadMeterStats(Reader in, std::vector<MeterStats>& out) {
  while (in.more()) {
    MeterStats stats{.meter_id = in.U32()};
    const uint16_t size = in.U16();
    in.Skip(10);  // padding, the number of flows
    stats.packets = in.U64();
    in.Skip(16);  // bytes, the time since it was added
    if (size < kStatsFrame) in.Fail();
    Reader bands = in.Sub(in.ok() ? size - kStatsFrame : 0);
    while (bands.more()) {
      stats.dropped += bands.U64();
      bands.Skip(8);  // bytes
    }
    if (!in.ok() || !bands.ok()) return Fail("statistics of meters: cut off");
    if (stats.meter_id <= flow::kMaxMeter) out.push_back(stats);
  }
  if (!in.ok()) return Fail("statistics of meters: cut off");
  return {};
}

}  // namespace kvs::openflow
