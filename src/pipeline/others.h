#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/field.h"
#include "flow/match.h"
#include "pipeline/plan.h"

// "Any other value", as prefixes. Whoever sends a packet fills in some fields as they like, and a
// switch remembers each value of a field that it had to look at as a whole: one megaflow for each,
// also where the packet is dropped. A value that differs from what is demanded is known by its
// first bit that does, so 48 flows for a MAC, one for each bit, let a switch remember no more than
// that bit and those before it. The shorter prefix has the higher priority, so that the longer ones
// are not looked at (ovs-vswitchd unites the masks of all that it looked at).
namespace kvs::pipeline {

// The fields of which flows demand a value, in the order in which a table looks at them.
inline constexpr auto kDemanded = std::to_array<flow::Field>({
    flow::Field::kNdTll,
    flow::Field::kIpv6Src,
    flow::Field::kEthDst,
    flow::Field::kEthSrc,
    flow::Field::kArpSha,
    flow::Field::kArpSpa,
    flow::Field::kArpTha,
    flow::Field::kArpTpa,
    flow::Field::kNdTarget,
    flow::Field::kIpv6Dst,
    flow::Field::kNdSll,
    flow::Field::kUdpDst,
});

// A condition: the field's first bits are these. For flows of `priority` only.
struct FirstBits {
  flow::Field field;
  flow::Value value;
  flow::Value mask;
  uint16_t priority;
  void AddTo(flow::Match& match) const { match.Set(field, value, mask); }
};

// All values of a field of kDemanded but those in `wanted`, each once; the shortest prefixes first.
std::vector<FirstBits> OtherThan(flow::Field field, const std::vector<flow::Value>& wanted);

// Drops what meets the conditions and has another value in that field.
void DropOthers(Plan& plan, TableId id, flow::Field field, const std::vector<flow::Value>& wanted,
                const auto&... conditions) {
  for (const FirstBits& other : OtherThan(field, wanted))
    plan.Flow(id, other.priority).Match(conditions..., other).Drop();
}

// The field by which flows of this priority tell other values; nullopt: it is none of theirs.
std::optional<flow::Field> FieldOfOthers(uint16_t priority);

// Addresses are many, and each is told from those that flows name by the switch itself, if their
// fields are looked up by the longest prefix (ovs-vswitchd.conf.db(5), Flow_Table.prefixes; by
// itself it does so for IPv4 only). The fields, by the number of the table.
const std::map<uint8_t, std::set<std::string, std::less<>>>& LookedUpByPrefix();

flow::Value ValueOf(const Mac& mac);
flow::Value ValueOf(const Ip& ip);

}  // namespace kvs::pipeline
