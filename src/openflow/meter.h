#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "openflow/change.h"
#include "openflow/state.h"
#include "openflow/wire.h"

// Meters as messages (OpenFlow 1.5.1, 7.3.4.5 and 7.3.5.15; in Open vSwitch they look as in 1.3).
namespace kvs::openflow {

void WriteMeterChange(const MeterChange& change, uint32_t xid, Writer& out);

// Requests all meters.
void RequestMeters(uint32_t xid, Writer& out);
// Requests the meters' counters.
void RequestMeterStats(uint32_t xid, Writer& out);

// Append the entries of one part of the reply. The switch's own meters are left out. They fail only
// if an entry's framing is broken; unknown content marks the entry as foreign.
Result<> ReadMeters(Reader in, std::vector<InstalledMeter>& out);
Result<> ReadMeterStats(Reader in, std::vector<MeterStats>& out);

}  // namespace kvs::openflow
