#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "flow/flow.h"

// Requests to change a switch, as values.
namespace kvs::openflow {

// Adds the flow, or replaces the one with the same table, priority and match (its counters are
// kept).
struct PutFlow {
  flow::Flow flow;
};
// Deletes exactly this flow, whatever its cookie. No error if it does not exist.
struct EraseFlow {
  flow::FlowKey key;
};
// Deletes a flow whose match this program can't decode, by its bytes in a dump.
struct EraseForeignFlow {
  uint8_t table = 0;
  uint16_t priority = 0;
  std::string match;  // InstalledFlow::foreign_match
};
// Deletes all flows with (their cookie & mask) == (cookie & mask), in all tables. mask 0: all
// flows.
struct EraseFlowsByCookie {
  uint64_t cookie = 0;
  uint64_t mask = 0;
};
// Adds the group, or replaces the one with the same id.
struct PutGroup {
  flow::Group group;
};
// Deletes the group; Open vSwitch deletes every flow that uses it as well. No error if it does not
// exist.
struct EraseGroup {
  uint32_t group = 0;
};
// Appends buckets to a group; their ids must be new.
struct InsertBuckets {
  uint32_t group = 0;
  std::vector<flow::Bucket> buckets;
};
struct EraseBucket {
  uint32_t group = 0;
  uint32_t bucket = 0;
};

using Change = std::variant<PutFlow, EraseFlow, EraseForeignFlow, EraseFlowsByCookie, PutGroup,
                            EraseGroup, InsertBuckets, EraseBucket>;

// Meters are changed one by one, because bundles can't contain them. It is an error to add a meter
// whose id exists, or to modify one that does not exist.
struct AddMeter {
  flow::Meter meter;
};
struct ModifyMeter {
  flow::Meter meter;
};
// Deletes the meter; Open vSwitch deletes every flow that uses it as well. No error if it does not
// exist.
struct EraseMeter {
  uint32_t meter = 0;
};

using MeterChange = std::variant<AddMeter, ModifyMeter, EraseMeter>;

// For messages: "add table=0, priority=100,ip actions=drop", "delete group_id=7".
std::string ToString(const Change& change);
std::string ToString(const MeterChange& change);

}  // namespace kvs::openflow
