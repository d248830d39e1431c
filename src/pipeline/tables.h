#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

// The whole pipeline, in packet order: every table that pods, overlay, Services, policy and
// telemetry need, laid out once, so that a later feature finds its place. docs/pipeline.md says
// what enters and leaves each table.
//
// Packets run down the main line. Next() goes straight to the next stage in use, so a stage that is
// empty in this build costs no table hop. A side stage is entered only by a flow that names it.
namespace kvs::pipeline {

// A stage's value is its table's number, for ever: a packet that is with the connection tracker
// while an agent of another build takes over comes back to the number that the old ct(table=...)
// named. A new table gets a number between its neighbours', and no number is used a second time.
enum class Stage : uint8_t {
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
// What happens to a packet that no flow of the table wants.
enum class OnMiss : uint8_t { kDrop, kNext };

struct TableInfo {
  Stage stage;
  std::string_view name;
  Line line;
  OnMiss on_miss;
  bool in_use;  // some rule of this build puts flows into it
};

inline constexpr auto kTables = std::to_array<TableInfo>({
    // clang-format off
    // Where does it come from, and may it come from there?
    {Stage::kClassify,       "classify",        Line::kMain, OnMiss::kDrop, true},
    {Stage::kArp,            "arp",             Line::kSide, OnMiss::kDrop, true},
    {Stage::kNd,             "nd",              Line::kSide, OnMiss::kDrop, true},
    {Stage::kNdReply,        "nd-reply",        Line::kSide, OnMiss::kDrop, true},
    {Stage::kToGateway,      "to-gateway",      Line::kSide, OnMiss::kDrop, true},
    // Not too much of what is kept until it is whole.
    {Stage::kLimitFragments, "limit-fragments", Line::kMain, OnMiss::kNext, true},
    // Translations, so that all that follows sees the connection's real ends.
    {Stage::kUndoSnat,       "undo-snat",       Line::kMain, OnMiss::kNext, false},
    {Stage::kService,        "service",         Line::kMain, OnMiss::kNext, false},
    {Stage::kServiceSelect,  "service-select",  Line::kSide, OnMiss::kDrop, false},
    {Stage::kAffinity,       "affinity",        Line::kSide, OnMiss::kNext, false},
    {Stage::kEndpointChoose, "endpoint-choose", Line::kSide, OnMiss::kDrop, false},
    {Stage::kEndpointLearn,  "endpoint-learn",  Line::kSide, OnMiss::kDrop, false},
    {Stage::kEndpoint,       "endpoint",        Line::kSide, OnMiss::kDrop, false},
    // Which connection is it of? Only ct zone kPolicy knows; every packet is judged by it.
    {Stage::kTrack,          "track",           Line::kMain, OnMiss::kDrop, true},
    {Stage::kState,          "state",           Line::kMain, OnMiss::kDrop, true},
    // May it?
    {Stage::kTunnelEnd,      "tunnel-end",      Line::kMain, OnMiss::kNext, true},
    {Stage::kTunnelGuard,    "tunnel-guard",    Line::kSide, OnMiss::kDrop, true},
    {Stage::kEgressSet,      "egress-set",      Line::kMain, OnMiss::kNext, false},
    {Stage::kEgressClass,    "egress-class",    Line::kMain, OnMiss::kNext, false},
    {Stage::kEgressPolicy,   "egress-policy",   Line::kMain, OnMiss::kDrop, false},
    {Stage::kIngressSet,     "ingress-set",     Line::kMain, OnMiss::kNext, false},
    {Stage::kIngressClass,   "ingress-class",   Line::kMain, OnMiss::kNext, false},
    {Stage::kIngressPolicy,  "ingress-policy",  Line::kMain, OnMiss::kDrop, false},
    {Stage::kDeny,           "deny",            Line::kSide, OnMiss::kDrop, false},
    // It may: remember the connection, translate, deliver.
    {Stage::kAccept,         "accept",          Line::kMain, OnMiss::kNext, false},
    {Stage::kObserve,        "observe",         Line::kMain, OnMiss::kNext, false},
    {Stage::kLimitNew,       "limit-new",       Line::kMain, OnMiss::kNext, true},
    {Stage::kCommit,         "commit",          Line::kMain, OnMiss::kNext, true},
    {Stage::kTranslateBack,  "translate-back",  Line::kMain, OnMiss::kNext, false},
    {Stage::kRoute,          "route",           Line::kMain, OnMiss::kNext, true},
    {Stage::kToHost,         "to-host",         Line::kMain, OnMiss::kDrop, true},
    // clang-format on
});

constexpr uint8_t NumberOf(Stage stage) { return static_cast<uint8_t>(stage); }

// nullptr: the pipeline has no table of this number.
constexpr const TableInfo* TableOf(uint8_t number) {
  const auto it = std::ranges::find(kTables, Stage{number}, &TableInfo::stage);
  return it == kTables.end() ? nullptr : &*it;
}

// The next stage of the main line that this build uses; after the last one, the last one.
constexpr Stage Next(Stage stage) {
  for (const TableInfo& table : kTables)
    if (table.stage > stage && table.line == Line::kMain && table.in_use) return table.stage;
  return kTables.back().stage;
}

// Packets only go forward (goto_table, ovs-actions(7)), and no two tables share a number.
static_assert(std::ranges::adjacent_find(kTables, std::ranges::greater_equal{},
                                         &TableInfo::stage) == kTables.end());
static_assert(kTables.back().in_use);

}  // namespace kvs::pipeline
