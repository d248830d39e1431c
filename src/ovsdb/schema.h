#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The part of the Open_vSwitch database (ovs-vswitchd.conf.db(5)) that k-vswitch uses, as typed
// rows, and a replica of it. A column that a monitor does not include, or that has its default in
// the database, has the default value below; an empty optional column is nullopt.
namespace kvs::ovsdb {

// RFC 4122; the text is 8-4-4-4-12 lower-case hex digits.
struct Uuid {
  std::array<uint8_t, 16> bytes{};

  static Result<Uuid> Parse(std::string_view text);
  std::string ToString() const;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

using StringMap = std::map<std::string, std::string, std::less<>>;
using StringSet = std::set<std::string, std::less<>>;
using UuidSet = std::set<Uuid>;
using UuidByNumber = std::map<int64_t, Uuid>;

enum class Table { kOpenVSwitch, kBridge, kPort, kInterface, kFlowTable };
inline constexpr std::array kTables = {Table::kOpenVSwitch, Table::kBridge, Table::kPort,
                                       Table::kInterface, Table::kFlowTable};
std::string_view NameOf(Table table);  // as in the schema: "Open_vSwitch"

// The root: exactly one row.
struct OpenVSwitch {
  static constexpr Table kTable = Table::kOpenVSwitch;

  Uuid uuid;
  UuidSet bridges;
  int64_t next_cfg = 0;  // raised by who wants to know when a change is in effect
  int64_t cur_cfg = 0;   // the next_cfg that ovs-vswitchd has put into effect
  std::optional<std::string> ovs_version;
  StringSet datapath_types, iface_types;
  StringMap external_ids, other_config;

  friend bool operator==(const OpenVSwitch&, const OpenVSwitch&) = default;
};

struct Bridge {
  static constexpr Table kTable = Table::kBridge;

  Uuid uuid;
  std::string name;
  UuidSet ports, controller;
  UuidByNumber flow_tables;              // by OpenFlow table
  std::string datapath_type;             // "" or "system": kernel; "netdev": userspace
  std::optional<std::string> fail_mode;  // "secure", "standalone"
  StringSet protocols;                   // "OpenFlow15", ...
  bool stp_enable = false, rstp_enable = false;
  StringMap external_ids, other_config;

  friend bool operator==(const Bridge&, const Bridge&) = default;
};

struct Port {
  static constexpr Table kTable = Table::kPort;

  Uuid uuid;
  std::string name;
  UuidSet interfaces;
  StringMap external_ids, other_config;

  friend bool operator==(const Port&, const Port&) = default;
};

struct Interface {
  static constexpr Table kTable = Table::kInterface;

  Uuid uuid;
  std::string name;
  std::string type;                         // "": system; "internal", "vxlan", ...
  std::optional<int64_t> ofport;            // -1: could not be opened, see error
  std::optional<int64_t> ofport_request;    // 1 to 65279
  std::optional<int64_t> mtu, mtu_request;  // bytes
  std::optional<std::string> error, mac_in_use;
  std::optional<std::string> admin_state, link_state;  // "up", "down"
  StringMap options, external_ids, other_config;

  friend bool operator==(const Interface&, const Interface&) = default;
};

// Settings of an OpenFlow table of a bridge; the row lives as long as the bridge refers to it.
struct FlowTable {
  static constexpr Table kTable = Table::kFlowTable;

  Uuid uuid;
  StringSet
      prefixes;  // fields (ovs-fields(7)) that are looked up by their longest prefix; 3 at most
  StringMap external_ids;

  friend bool operator==(const FlowTable&, const FlowTable&) = default;
};

// The rows of one table by uuid, and by name where the table has names.
template <class Row>
class Rows {
 public:
  auto begin() const { return by_uuid_.begin(); }  // pairs of Uuid and Row, in order of Uuid
  auto end() const { return by_uuid_.end(); }
  size_t size() const { return by_uuid_.size(); }
  bool empty() const { return by_uuid_.empty(); }

  // nullptr if there is none. The address of a row is valid until the row is put again or erased.
  const Row* Find(const Uuid& uuid) const {
    const auto at = by_uuid_.find(uuid);
    return at == by_uuid_.end() ? nullptr : &at->second;
  }
  const Row* Find(std::string_view name) const requires requires(Row row) { row.name; }
  {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : Find(at->second);
  }

  const Row& Put(Row row) {
    Erase(row.uuid);
    if constexpr (requires { row.name; }) by_name_.insert_or_assign(row.name, row.uuid);
    return by_uuid_.insert_or_assign(row.uuid, std::move(row)).first->second;
  }
  void Erase(const Uuid& uuid) {
    const auto at = by_uuid_.find(uuid);
    if (at == by_uuid_.end()) return;
    if constexpr (requires { at->second.name; }) {
      const auto named = by_name_.find(at->second.name);
      if (named != by_name_.end() && named->second == uuid) by_name_.erase(named);
    }
    by_uuid_.erase(at);
  }

  friend bool operator==(const Rows& a, const Rows& b) { return a.by_uuid_ == b.by_uuid_; }

 private:
  std::map<Uuid, Row> by_uuid_;
  std::map<std::string, Uuid, std::less<>> by_name_;
};

struct Replica {
  Rows<OpenVSwitch> open_vswitch;
  Rows<Bridge> bridges;
  Rows<Port> ports;
  Rows<Interface> interfaces;
  Rows<FlowTable> flow_tables;

  // The one row of Open_vSwitch; nullptr if it is not monitored, or the database is empty.
  const OpenVSwitch* root() const;

  template <class Row>
  auto& Of() {
    return Of<Row>(*this);
  }
  template <class Row>
  const auto& Of() const {
    return Of<Row>(*this);
  }

  friend bool operator==(const Replica&, const Replica&) = default;

 private:
  template <class Row, class Self>
  static auto& Of(Self& self) {
    if constexpr (Row::kTable == Table::kOpenVSwitch) return self.open_vswitch;
    if constexpr (Row::kTable == Table::kBridge) return self.bridges;
    if constexpr (Row::kTable == Table::kPort) return self.ports;
    if constexpr (Row::kTable == Table::kInterface) return self.interfaces;
    if constexpr (Row::kTable == Table::kFlowTable) return self.flow_tables;
  }
};

// The bridge that has a port of this name; nullptr: none.
const Bridge* BridgeOf(const Replica& replica, std::string_view port);

// One row that a change touched. `after` points into the replica; nullptr if the row is gone.
template <class Row>
struct RowChange {
  std::optional<Row> before;  // nullopt if the row is new
  const Row* after = nullptr;
};

// What one update changed: each changed row once, with before != after.
struct Change {
  std::vector<RowChange<OpenVSwitch>> open_vswitch;
  std::vector<RowChange<Bridge>> bridges;
  std::vector<RowChange<Port>> ports;
  std::vector<RowChange<Interface>> interfaces;
  std::vector<RowChange<FlowTable>> flow_tables;

  bool empty() const {
    return open_vswitch.empty() && bridges.empty() && ports.empty() && interfaces.empty() &&
           flow_tables.empty();
  }
};

}  // namespace kvs::ovsdb
