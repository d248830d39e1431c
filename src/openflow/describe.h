#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "openflow/connection.h"
#include "openflow/protocol.h"
#include "openflow/state.h"

// Requests for, and decoding of, what a switch tells about itself (OpenFlow 1.5.1, 7.3.5, 7.4 and
// 7.5; Nicira's packet-in). Readers get the bodies of messages.
namespace kvs::openflow {

void RequestFlows(const Connection::FlowFilter& filter, uint32_t xid, Writer& out);
void RequestTotals(const Connection::FlowFilter& filter, uint32_t xid, Writer& out);
void RequestGroups(uint32_t xid, Writer& out);
void RequestPorts(uint32_t xid, Writer& out);
void RequestTables(uint32_t xid, Writer& out);
// A monitor of all tables: others' changes in full, own ones in short.
void RequestFlowMonitor(uint32_t xid, Writer& out);

// Appends what one part of the reply holds. They fail only if an entry's frame is broken; what it
// says, if not known, makes it foreign.
Result<> ReadFlows(Reader in, std::vector<InstalledFlow>& out);
Result<> ReadGroups(Reader in, std::vector<InstalledGroup>& out);
Result<> ReadPorts(Reader in, std::vector<Port>& out);
Result<> ReadTables(Reader in, std::vector<TableStats>& out);
Result<> ReadTotals(Reader in, FlowTotals& out);
// Own changes are left out.
Result<> ReadFlowEvents(Reader in, std::vector<FlowEvent>& out);

Result<PortStatus> ReadPortStatus(Reader in);
Result<FlowRemoved> ReadFlowRemoved(Reader in);
// The body behind experimenter and subtype. A field of the metadata that is not known leaves it
// empty.
Result<PacketIn> ReadPacketIn(Reader in);

void WritePortMod(const PortMod& port, uint32_t xid, Writer& out);
void WritePacketOut(const PacketOut& packet, uint32_t xid, Writer& out);
void WriteResume(const PacketIn& packet, uint32_t xid, Writer& out);

}  // namespace kvs::openflow
