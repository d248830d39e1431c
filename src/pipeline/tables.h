#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

// The whole pipeline, in packet order: every table that pods, overlay, Services, policy and
// telemetry need. They were laid out once, so a later feature has its place already.
// docs/pipeline.md says what enters and leaves each table.
//
// Packets follow the main line. Next() is the next table in use, so a table that is empty in this
// build costs no hop. A side table is entered only by a flow that names it.
namespace kvs::pipeline {

// A table's number never changes: a packet that is in the connection tracker while an agent of
// another build takes over comes back to the number that the old ct(table=...) named. A new table
// gets a number between its neighbours', and no number is used a second time.
enum class TableId : uint8_t {
  kClassify = 0,
  kArp = 5,
  kNd = 10,
  kNdReply = 15,
  kToGateway = 20,
  kLimitFragments = 30,
  kUndoSnat = 40,
  kService = 45,
  kServiceSelect = 50,
  kAffinity = 55,
  kEndpointChoose = 60,
  kEndpointLearn = 65,
  kEndpoint = 70,
  kTrack = 90,
  kState = 95,
  kTunnelEnd = 100,
  kTunnelGuard = 105,
  kEgressSet = 110,
  kEgressClass = 115,
  kEgressPolicy = 120,
  kIngressSet = 125,
  kIngressClass = 130,
  kIngressPolicy = 135,
  kDeny = 140,
  kAccept = 160,
  kObserve = 165,
  kLimitNew = 168,
  kCommit = 170,
  kTranslateBack = 175,
  kRoute = 180,
  kToHost = 185,
};

enum class Line : uint8_t { kMain, kSide };
// What happens to a packet that matches no flow of the table.
enum class OnMiss : uint8_t { kDrop, kNext };

struct TableInfo {
  TableId id;
  std::string_view name;
  Line line;
  OnMiss on_miss;
  bool in_use;  // some rule of this build puts flows into it
};

inline constexpr auto kTables = std::to_array<TableInfo>({
    // clang-format off
    // Where does it come from, and may it come from there?
    {TableId::kClassify,       "classify",        Line::kMain, OnMiss::kDrop, true},
    {TableId::kArp,            "arp",             Line::kSide, OnMiss::kDrop, true},
    {TableId::kNd,             "nd",              Line::kSide, OnMiss::kDrop, true},
    {TableId::kNdReply,        "nd-reply",        Line::kSide, OnMiss::kDrop, true},
    {TableId::kToGateway,      "to-gateway",      Line::kSide, OnMiss::kDrop, true},
    // No pod takes all the room for fragments.
    {TableId::kLimitFragments, "limit-fragments", Line::kMain, OnMiss::kNext, true},
    // Translations, so that all that follows sees the connection's real ends.
    {TableId::kUndoSnat,       "undo-snat",       Line::kMain, OnMiss::kNext, false},
    {TableId::kService,        "service",         Line::kMain, OnMiss::kNext, false},
    {TableId::kServiceSelect,  "service-select",  Line::kSide, OnMiss::kDrop, false},
    {TableId::kAffinity,       "affinity",        Line::kSide, OnMiss::kNext, false},
    {TableId::kEndpointChoose, "endpoint-choose", Line::kSide, OnMiss::kDrop, false},
    {TableId::kEndpointLearn,  "endpoint-learn",  Line::kSide, OnMiss::kDrop, false},
    {TableId::kEndpoint,       "endpoint",        Line::kSide, OnMiss::kDrop, false},
    // Which connection is it of? Only ct zone kPolicy knows; every packet is judged by it.
    {TableId::kTrack,          "track",           Line::kMain, OnMiss::kDrop, true},
    {TableId::kState,          "state",           Line::kMain, OnMiss::kDrop, true},
    // May it?
    {TableId::kTunnelEnd,      "tunnel-end",      Line::kMain, OnMiss::kNext, true},
    {TableId::kTunnelGuard,    "tunnel-guard",    Line::kSide, OnMiss::kDrop, true},
    {TableId::kEgressSet,      "egress-set",      Line::kMain, OnMiss::kNext, false},
    {TableId::kEgressClass,    "egress-class",    Line::kMain, OnMiss::kNext, false},
    {TableId::kEgressPolicy,   "egress-policy",   Line::kMain, OnMiss::kDrop, false},
    {TableId::kIngressSet,     "ingress-set",     Line::kMain, OnMiss::kNext, false},
    {TableId::kIngressClass,   "ingress-class",   Line::kMain, OnMiss::kNext, false},
    {TableId::kIngressPolicy,  "ingress-policy",  Line::kMain, OnMiss::kDrop, false},
    {TableId::kDeny,           "deny",            Line::kSide, OnMiss::kDrop, false},
    // It may: remember the connection, translate, deliver.
    {TableId::kAccept,         "accept",          Line::kMain, OnMiss::kNext, false},
    {TableId::kObserve,        "observe",         Line::kMain, OnMiss::kNext, false},
    {TableId::kLimitNew,       "limit-new",       Line::kMain, OnMiss::kNext, true},
    {TableId::kCommit,         "commit",          Line::kMain, OnMiss::kNext, true},
    {TableId::kTranslateBack,  "translate-back",  Line::kMain, OnMiss::kNext, false},
    {TableId::kRoute,          "route",           Line::kMain, OnMiss::kNext, true},
    {TableId::kToHost,         "to-host",         Line::kMain, OnMiss::kDrop, true},
    // clang-format on
});

constexpr uint8_t NumberOf(TableId id) { return static_cast<uint8_t>(id); }

// nullptr: the pipeline has no table of this number.
constexpr const TableInfo* TableOf(uint8_t number) {
  const auto it = std::ranges::find(kTables, TableId{number}, &TableInfo::id);
  return it == kTables.end() ? nullptr : &*it;
}

// The next table of the main line that this build uses; after the last one, the last one.
constexpr TableId Next(TableId id) {
  for (const TableInfo& table : kTables)
    if (table.id > id && table.line == Line::kMain && table.in_use) return table.id;
  return kTables.back().id;
}

// Packets only go forward (goto_table, ovs-actions(7)), and no two tables share a number.
static_assert(std::ranges::adjacent_find(kTables, std::ranges::greater_equal{}, &TableInfo::id) ==
              kTables.end());
static_assert(kTables.back().in_use);

}  // namespace kvs::pipeline
