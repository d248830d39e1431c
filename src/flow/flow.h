#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/action.h"
#include "flow/match.h"

// What a switch holds, as values. A flow is identified by (table, priority, match), a group and a
// meter by their ids.
namespace kvs::flow {

struct FlowKey {
  uint8_t table = 0;
  uint16_t priority = 0;
  flow::Match match;

  friend auto operator<=>(const FlowKey&, const FlowKey&) = default;
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

struct Flow {
  FlowKey key;
  uint64_t cookie = 0;
  uint16_t idle_timeout = 0, hard_timeout = 0;  // seconds; 0: never
  flow::Actions actions;

  const FlowKey& id() const { return key; }
  // "cookie=0x1, table=0, priority=100,ip,in_port=1 actions=goto_table:1", as ovs-ofctl takes it.
  std::string ToString() const;
  static Result<Flow> Parse(std::string_view text);
  friend bool operator==(const Flow&, const Flow&) = default;
};

struct Bucket {
  uint32_t id = 0;
  uint16_t weight = 100;  // only for kSelect; has its default in other types
  flow::Actions actions;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

struct Group {
  enum class Type : uint8_t { kAll = 0, kSelect = 1, kIndirect = 2, kFastFailover = 3 };
  enum class Selection : uint8_t { kDefault, kHash, kDpHash };

  uint32_t group_id = 0;
  Type type = Type::kSelect;
  Selection selection = Selection::kDefault;
  std::vector<Field> hash_fields;  // for kHash, in the order of Field; empty: all
  std::vector<Bucket> buckets;     // ordered by id

  uint32_t id() const { return group_id; }
  // "group_id=1,type=select,selection_method=dp_hash,bucket=bucket_id:1,weight:100,actions=..."
  std::string ToString() const;
  static Result<Group> Parse(std::string_view text);
  friend bool operator==(const Group&, const Group&) = default;
};

inline constexpr uint32_t kMaxMeter = 0xffff0000;  // OFPM_MAX: above it are the switch's own

// Lets `rate` packets per second pass, and up to `burst` at once after a pause; drops the rest
// (OpenFlow 1.5.1, 5.8). It is a token bucket of `burst` tokens.
struct Meter {
  uint32_t meter_id = 0;  // 1 to kMaxMeter
  uint32_t rate = 0;      // packets a second, not 0
  uint32_t burst = 0;     // packets

  uint32_t id() const { return meter_id; }
  // "meter=1,pktps,burst,band=type=drop,rate=100,burst_size=200"
  std::string ToString() const;
  static Result<Meter> Parse(std::string_view text);
  friend bool operator==(const Meter&, const Meter&) = default;
};

}  // namespace kvs::flow

template <>
struct std::hash<kvs::flow::FlowKey> {
  size_t operator()(const kvs::flow::FlowKey& key) const noexcept {
    return std::hash<std::string>{}(key.match.packed()) * 31 + key.table * 65537u + key.priority;
  }
};
