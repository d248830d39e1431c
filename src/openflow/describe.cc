#include "openflow/describe.h"

#include <algorithm>

#include "openflow/actions.h"
#include "openflow/bucket.h"
#include "openflow/oxm.h"

namespace kvs::openflow {
namespace {

using FlowFilter = Connection::FlowFilter;

// OXS, the TLVs of statistics.
constexpr uint16_t kStatisticsClass = 0x8002;
enum class Statistic : uint8_t { kDuration = 0, kFlows = 3, kPackets = 4, kBytes = 5 };

constexpr uint32_t kLinkDown = 1;  // OFPPS_LINK_DOWN
constexpr size_t kPortSize = 40, kPortNameSize = 16;
constexpr uint16_t kMonitorOthers = 0x02 | 0x04 | 0x08 | 0x10;  // added, removed, modified, actions

class MultipartRequest {
 public:
  MultipartRequest(Multipart type, uint32_t xid, Writer& out)
      : envelope_(out, MessageType::kMultipartRequest, xid) {
    out.U16(static_cast<uint16_t>(type));
    out.Zeros(6);
  }

 private:
  const Envelope envelope_;
};

void WriteFlowRequest(Multipart type, const FlowFilter& filter, uint32_t xid, Writer& out) {
  const MultipartRequest request(type, xid, out);
  out.U8(filter.table);
  out.Zeros(3);
  out.U32(flow::kPortAny);
  out.U32(kAnyGroup);
  out.Zeros(4);
  out.U64(filter.cookie);
  out.U64(filter.cookie_mask);
  WriteMatch({}, out);
}

struct Statistics {
  uint32_t duration = 0;  // seconds
  uint32_t flows = 0;
  uint64_t packets = 0, bytes = 0;
};

Statistics ReadStatistics(Reader& in) {
  Statistics out;
  in.Skip(2);
  const uint16_t size = in.U16();
  if (size < 4) in.Fail();
  Reader fields = in.Sub(in.ok() ? size - 4 : 0);
  in.SkipPadding(size);
  while (fields.more()) {
    const uint16_t oxs_class = fields.U16();
    const auto field = static_cast<Statistic>(fields.U8() >> 1);
    Reader value = fields.Sub(fields.U8());
    if (oxs_class != kStatisticsClass) continue;
    if (field == Statistic::kDuration) out.duration = value.U32();
    if (field == Statistic::kFlows) out.flows = value.U32();
    if (field == Statistic::kPackets) out.packets = value.U64();
    if (field == Statistic::kBytes) out.bytes = value.U64();
  }
  if (!fields.ok()) in.Fail();
  return out;
}

void SetMatch(Reader fields, InstalledFlow& flow) {
  if (auto match = ReadFields(fields)) {
    flow.flow.key.match = std::move(*match);
    return;
  }
  flow.foreign = true;
  flow.foreign_match = fields.Text(fields.left());
}

void SetActions(Reader instructions, InstalledFlow& flow) {
  if (auto actions = ReadInstructions(instructions))
    flow.flow.actions = std::move(*actions);
  else
    flow.foreign = true;
}

// The next entry of a list of entries that begin with their length.
Reader NextEntry(Reader& in) {
  const uint16_t size = in.U16();
  if (size < 2) in.Fail();
  return in.Sub(in.ok() ? size - 2 : 0);
}

InstalledFlow ReadFlow(Reader& in) {
  InstalledFlow out;
  in.Skip(2);
  out.flow.key.table = in.U8();
  in.Skip(1);
  out.flow.key.priority = in.U16();
  out.flow.idle_timeout = in.U16();
  out.flow.hard_timeout = in.U16();
  in.Skip(4);  // flags, importance
  out.flow.cookie = in.U64();
  SetMatch(ReadMatchFrame(in), out);
  const Statistics statistics = ReadStatistics(in);
  out.packets = statistics.packets;
  out.bytes = statistics.bytes;
  out.duration = statistics.duration;
  SetActions(in, out);
  return out;
}

Port ReadPort(Reader& in) {
  Port port;
  port.number = in.U32();
  const uint16_t size = in.U16();
  in.Skip(2);
  const auto mac = in.Bytes(6);
  std::copy(mac.begin(), mac.end(), port.mac.bytes.begin());
  in.Skip(2);
  const std::string name = in.Text(kPortNameSize);
  port.name = name.substr(0, name.find('\0'));
  port.config = in.U32();
  port.link_down = (in.U32() & kLinkDown) != 0;
  if (size < kPortSize) in.Fail();
  in.Skip(in.ok() ? size - kPortSize : 0);
  return port;
}

FlowEvent ReadChangedFlow(FlowEvent::Kind kind, Reader& in) {
  FlowEvent event;
  event.kind = kind;
  flow::Flow& flow = event.flow.flow;
  flow.key.table = in.U8();
  in.Skip(1);
  flow.idle_timeout = in.U16();
  flow.hard_timeout = in.U16();
  flow.key.priority = in.U16();
  in.Skip(4);
  flow.cookie = in.U64();
  SetMatch(ReadMatchFrame(in), event.flow);
  SetActions(in, event.flow);
  return event;
}

template <class T>
Result<> ReadEntries(Reader in, const char* what, std::vector<T>& out, T (*read)(Reader&)) {
  while (in.more()) {
    out.push_back(read(in));
    if (in.ok()) continue;
    out.pop_back();
  }
  if (!in.ok()) return Fail("{}: cut off", what);
  return {};
}

}  // namespace

void RequestFlows(const FlowFilter& filter, uint32_t xid, Writer& out) {
  WriteFlowRequest(Multipart::kFlowDescription, filter, xid, out);
}

void RequestTotals(const FlowFilter& filter, uint32_t xid, Writer& out) {
  WriteFlowRequest(Multipart::kAggregate, filter, xid, out);
}

void RequestGroups(uint32_t xid, Writer& out) {
  const MultipartRequest request(Multipart::kGroupDescription, xid, out);
  out.U32(0xfffffffc);  // OFPG_ALL
  out.Zeros(4);
}

void RequestPorts(uint32_t xid, Writer& out) {
  const MultipartRequest request(Multipart::kPortDescription, xid, out);
  out.U32(flow::kPortAny);
  out.Zeros(4);
}

void RequestTables(uint32_t xid, Writer& out) {
  const MultipartRequest request(Multipart::kTable, xid, out);
}

void RequestFlowMonitor(uint32_t xid, Writer& out) {
  const MultipartRequest request(Multipart::kFlowMonitor, xid, out);
  out.U32(1);  // the monitor's id
  out.U32(flow::kPortAny);
  out.U32(kAnyGroup);
  out.U16(kMonitorOthers);
  out.U8(kAllTables);
  out.U8(0);  // OFPFMC_ADD
  WriteMatch({}, out);
}

Result<> ReadFlows(Reader in, std::vector<InstalledFlow>& out) {
  return ReadEntries<InstalledFlow>(in, "flows", out, [](Reader& list) {
    Reader entry = NextEntry(list);
    InstalledFlow flow = ReadFlow(entry);
    if (!entry.ok()) list.Fail();
    return flow;
  });
}

Result<> ReadGroups(Reader in, std::vector<InstalledGroup>& out) {
  return ReadEntries<InstalledGroup>(in, "groups", out, [](Reader& list) {
    InstalledGroup group;
    Reader entry = NextEntry(list);
    group.group.type = static_cast<flow::Group::Type>(entry.U8());
    entry.Skip(1);
    group.group.group_id = entry.U32();
    const uint16_t size = entry.U16();
    entry.Skip(6);
    const Reader buckets = entry.Sub(size);
    group.foreign = !ReadBuckets(group.group.type, buckets, group.group.buckets) ||
                    !ReadGroupProperties(entry, group.group);
    std::stable_sort(group.group.buckets.begin(), group.group.buckets.end(),
                     [](const auto& a, const auto& b) { return a.id < b.id; });
    if (!entry.ok()) list.Fail();
    return group;
  });
}

Result<> ReadPorts(Reader in, std::vector<Port>& out) {
  return ReadEntries<Port>(in, "ports", out, ReadPort);
}

Result<> ReadTables(Reader in, std::vector<TableStats>& out) {
  return ReadEntries<TableStats>(in, "tables", out, [](Reader& list) {
    TableStats table;
    table.table = list.U8();
    list.Skip(3);
    table.flows = list.U32();
    table.lookups = list.U64();
    table.matched = list.U64();
    return table;
  });
}

Result<> ReadTotals(Reader in, FlowTotals& out) {
  const Statistics statistics = ReadStatistics(in);
  if (!in.ok()) return Fail("totals: cut off");
  out = {statistics.packets, statistics.bytes, statistics.flows};
  return {};
}

Result<> ReadFlowEvents(Reader in, std::vector<FlowEvent>& out) {
  using Kind = FlowEvent::Kind;
  // enum ofp_flow_update_event: initial, added, removed, modified, abbreviated, paused, resumed
  constexpr Kind kKinds[] = {Kind::kAdded, Kind::kAdded,  Kind::kRemoved, Kind::kModified,
                             Kind::kAdded, Kind::kPaused, Kind::kResumed};
  constexpr uint16_t kAbbreviated = 4;
  while (in.more()) {
    Reader entry = NextEntry(in);
    const uint16_t event = entry.U16();
    if (event >= std::size(kKinds)) return Fail("flow event {} is not known", event);
    if (event == kAbbreviated) continue;
    if (event > kAbbreviated)
      out.push_back({kKinds[event], {}});
    else
      out.push_back(ReadChangedFlow(kKinds[event], entry));
    if (!entry.ok()) in.Fail();
  }
  if (!in.ok()) return Fail("flow events: cut off");
  return {};
}

Result<PortStatus> ReadPortStatus(Reader in) {
  PortStatus status;
  const uint8_t reason = in.U8();
  in.Skip(7);
  status.port = ReadPort(in);
  if (!in.ok()) return Fail("port status: cut off");
  if (reason > 2) return Fail("port status: reason {} is not known", reason);
  status.reason = static_cast<PortStatus::Reason>(reason);
  return status;
}

Result<FlowRemoved> ReadFlowRemoved(Reader in) {
  FlowRemoved out;
  flow::Flow& flow = out.flow.flow;
  flow.key.table = in.U8();
  out.reason = in.U8();
  flow.key.priority = in.U16();
  flow.idle_timeout = in.U16();
  flow.hard_timeout = in.U16();
  flow.cookie = in.U64();
  SetMatch(ReadMatchFrame(in), out.flow);
  const Statistics statistics = ReadStatistics(in);
  out.flow.packets = statistics.packets;
  out.flow.bytes = statistics.bytes;
  out.flow.duration = statistics.duration;
  if (!in.ok()) return Fail("flow removed: cut off");
  return out;
}

}  // namespace kvs::openflow
