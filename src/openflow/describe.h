#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "openflow/connection.h"
#include "openflow/protocol.h"
#include "openflow/state.h"

// Requests for, and decoding of, a switch's state (OpenFlow 1.5.1, 7.3.5, 7.4 and 7.5; Nicira's
// packet-in). The readers take the bodies of messages.
namespace kvs::openflow {

void RequestFlows(const Connection::FlowFilter& filter, uint32_t xid, Writer& out);
void RequestTotals(const Connection::FlowFilter& filter, uint32_t xid, Writer& out);
void RequestGroups(uint32_t xid, Writer& out);
void RequestPorts(uint32_t xid, Writer& out);
void RequestTables(uint32_t xid, Writer& out);
// Requests a monitor of all tables: full events for others' changes, abbreviated ones for our own.
void RequestFlowMonitor(uint32_t xid, Writer& out);

// Append the entries of one part of the reply. They fail only if an entry's framing is broken;
// unknown content marks the entry as foreign.
Result<> ReadFlows(Reader in, std::vector<InstalledFlow>& out);
Result<> ReadGroups(Reader in, std::vector<InstalledGroup>& out);
Result<> ReadPorts(Reader in, std::vector<Port>& out);
Result<> ReadTables(Reader in, std::vector<TableStats>& out);
Result<> ReadTotals(Reader in, FlowTotals& out);
// Our own changes are left out.
Result<> ReadFlowEvents(Reader in, std::vector<FlowEvent>& out);

Result<PortStatus> ReadPortStatus(Reader in);
Result<FlowRemoved> ReadFlowRemoved(Reader in);
// The body after experimenter and subtype. An unknown metadata field leaves the metadata empty.
Result<PacketIn> ReadPacketIn(Reader in);

void WritePortMod(const PortMod& port, uint32_t xid, Writer& out);
void WritePacketOut(const PacketOut& packet, uint32_t xid, Writer& out);
void WriteResume(const PacketIn& packet, uint32_t xid, Writer& out);

}  // namespace kvs::openflow
