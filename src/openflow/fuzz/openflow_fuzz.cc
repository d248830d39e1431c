#include <cstddef>
#include <cstdint>

#include "openflow/bundle_run.h"
#include "openflow/describe.h"
#include "openflow/error.h"
#include "openflow/framer.h"
#include "openflow/meter.h"

// Every decoder, on every message of an arbitrary stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvs::openflow;
  Framer framer;
  framer.Append({data, size / 2});
  framer.Append({data + size / 2, size - size / 2});
  BundleRun run({EraseGroup{1}, EraseGroup{2}}, 1, 1, nullptr);
  Writer out;
  while (const auto message = framer.Next()) {
    std::vector<InstalledFlow> flows;
    std::vector<InstalledGroup> groups;
    std::vector<InstalledMeter> meters;
    std::vector<MeterStats> meter_stats;
    std::vector<Port> ports;
    std::vector<TableStats> tables;
    std::vector<FlowEvent> events;
    FlowTotals totals;
    (void)ReadFlows(message->body, flows);
    (void)ReadGroups(message->body, groups);
    (void)ReadMeters(message->body, meters);
    (void)ReadMeterStats(message->body, meter_stats);
    (void)ReadPorts(message->body, ports);
    (void)ReadTables(message->body, tables);
    (void)ReadTotals(message->body, totals);
    (void)ReadFlowEvents(message->body, events);
    (void)ReadPortStatus(message->body);
    (void)ReadFlowRemoved(message->body);
    (void)ReadPacketIn(message->body);
    (void)ReadError(message->body).ToString();
    if (run.finished()) continue;
    run.Write(out, 4096);
    run.Receive(*message);
  }
  return 0;
}
