#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/net.h"
#include "flow/flow.h"
#include "flow/ofport.h"

// A switch's state, as values.
namespace kvs::openflow {

// A flow as the switch holds it. `foreign`: it has fields or actions that this program can't decode
// (another program added it). Then flow.actions is empty, and if the match can't be decoded,
// flow.key.match is empty too and foreign_match holds its bytes (OXM, as EraseForeignFlow takes
// them).
struct InstalledFlow {
  flow::Flow flow;
  uint64_t packets = 0, bytes = 0;
  uint32_t duration = 0;  // seconds since it was added
  bool foreign = false;
  std::string foreign_match;
};

// `foreign`: it has properties or actions that this program can't decode; group.buckets then holds
// the buckets before the first of them.
struct InstalledGroup {
  flow::Group group;
  bool foreign = false;
};

// `foreign`: it counts bytes, or has flags or bands that this program can't decode.
struct InstalledMeter {
  flow::Meter meter;
  bool foreign = false;
};

struct MeterStats {
  uint32_t meter_id = 0;
  uint64_t packets = 0;  // that came
  uint64_t dropped = 0;  // of them
};

struct Port {
  // Bits of `config` (enum ofp_port_config).
  static constexpr uint32_t kNoReceive = 1 << 2;  // it drops what comes in
  static constexpr uint32_t kNoForward = 1 << 5;  // ... and what is to go out

  flow::OfPort number = 0;
  std::string name;
  Mac mac;
  uint32_t config = 0;
  bool link_down = false;  // OFPPS_LINK_DOWN
};
struct PortStatus {
  enum class Reason : uint8_t { kAdd = 0, kDelete = 1, kModify = 2 };
  Reason reason = Reason::kAdd;
  Port port;
};

// Sets the bits of `mask` in a port's config to those of `config` (OFPT_PORT_MOD). Number and MAC
// identify the port.
struct PortMod {
  flow::OfPort number = 0;
  Mac mac;
  uint32_t config = 0;
  uint32_t mask = 0;
};

struct FlowTotals {
  uint64_t packets = 0, bytes = 0;
  uint32_t flows = 0;
};
struct TableStats {
  uint8_t table = 0;
  uint32_t flows = 0;
  uint64_t lookups = 0, matched = 0;  // packets
};

// A change of the flow table by another connection. kPaused: the switch's event queue was full, and
// events are lost until kResumed; both have no flow.
struct FlowEvent {
  enum class Kind : uint8_t { kAdded, kModified, kRemoved, kPaused, kResumed };
  Kind kind = Kind::kAdded;
  InstalledFlow flow;  // counters are zero
};

// A flow with a timeout expired or was deleted, and it had the flag that requests this message.
struct FlowRemoved {
  InstalledFlow flow;  // without actions
  uint8_t reason = 0;  // enum ofp_flow_removed_reason: 0 idle timeout, 1 hard timeout, 2 delete ...
};

// A packet that an action flow::Controller, or a table miss, sent to us (NXT_PACKET_IN2).
struct PacketIn {
  std::string packet;  // Ethernet frame
  uint8_t table = 0;
  uint64_t cookie = 0;
  uint8_t reason = 0;        // enum ofp_packet_in_reason
  flow::Match metadata;      // in_port, registers, tunnel and conntrack fields at that moment
  std::string userdata;      // as given to the action
  std::string continuation;  // not empty if the action said `pause`
};

struct PacketOut {
  flow::OfPort in_port = flow::kPortController;
  flow::Actions actions;
  std::string packet;  // Ethernet frame
};

}  // namespace kvs::openflow
