#pragma once

#include <tuple>

#include "ovsdb/schema.h"

// The one list of database columns and their fields in schema.h: decoding, encoding, the monitored
// columns and the check of the server's schema follow from it. The type of a column follows from
// the type of the field: a scalar has exactly one element, a std::optional none or one, a std::set
// or std::map any number.
namespace kvs::ovsdb {

template <class Row, class Field>
struct Column {
  std::string_view name;
  Field Row::*field;
};
template <class Row, class Field>
Column(const char*, Field Row::*) -> Column<Row, Field>;

template <class Row>
inline constexpr auto kColumns = std::tuple();

template <>
inline constexpr auto kColumns<OpenVSwitch> = std::tuple(
    Column{"bridges", &OpenVSwitch::bridges}, Column{"next_cfg", &OpenVSwitch::next_cfg},
    Column{"cur_cfg", &OpenVSwitch::cur_cfg}, Column{"ovs_version", &OpenVSwitch::ovs_version},
    Column{"datapath_types", &OpenVSwitch::datapath_types},
    Column{"iface_types", &OpenVSwitch::iface_types},
    Column{"external_ids", &OpenVSwitch::external_ids},
    Column{"other_config", &OpenVSwitch::other_config});

template <>
inline constexpr auto kColumns<Bridge> = std::tuple(
    Column{"name", &Bridge::name}, Column{"ports", &Bridge::ports},
    Column{"controller", &Bridge::controller}, Column{"flow_tables", &Bridge::flow_tables},
    Column{"datapath_type", &Bridge::datapath_type}, Column{"fail_mode", &Bridge::fail_mode},
    Column{"protocols", &Bridge::protocols}, Column{"stp_enable", &Bridge::stp_enable},
    Column{"rstp_enable", &Bridge::rstp_enable}, Column{"external_ids", &Bridge::external_ids},
    Column{"other_config", &Bridge::other_config});

template <>
inline constexpr auto kColumns<Port> = std::tuple(Column{"name", &Port::name},
                                                  Column{"interfaces", &Port::interfaces},
                                                  Column{"external_ids", &Port::external_ids},
                                                  Column{"other_config", &Port::other_config});

template <>
inline constexpr auto kColumns<Interface> = std::tuple(
    Column{"name", &Interface::name}, Column{"type", &Interface::type},
    Column{"ofport", &Interface::ofport}, Column{"ofport_request", &Interface::ofport_request},
    Column{"mtu", &Interface::mtu}, Column{"mtu_request", &Interface::mtu_request},
    Column{"error", &Interface::error}, Column{"mac_in_use", &Interface::mac_in_use},
    Column{"admin_state", &Interface::admin_state}, Column{"link_state", &Interface::link_state},
    Column{"options", &Interface::options}, Column{"external_ids", &Interface::external_ids},
    Column{"other_config", &Interface::other_config});

template <>
inline constexpr auto kColumns<FlowTable> = std::tuple(Column{"prefixes", &FlowTable::prefixes},
                                                       Column{"external_ids",
                                                              &FlowTable::external_ids});

// Calls visit(column) for every column of Row, in order.
template <class Row, class Visit>
void ForEachColumn(Visit&& visit) {
  std::apply([&](const auto&... column) { (visit(column), ...); }, kColumns<Row>);
}

// Calls visit.operator()<Row>() with the Row type of `table`.
template <class Visit>
auto WithRowOf(Table table, Visit&& visit) {
  switch (table) {
    case Table::kOpenVSwitch:
      return visit.template operator()<OpenVSwitch>();
    case Table::kBridge:
      return visit.template operator()<Bridge>();
    case Table::kPort:
      return visit.template operator()<Port>();
    case Table::kInterface:
      return visit.template operator()<Interface>();
    case Table::kFlowTable:
      break;
  }
  return visit.template operator()<FlowTable>();
}

}  // namespace kvs::ovsdb
