#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// The whole pipeline, in packet order: every table that pods, overlay, Services, policy and
// telemetry need, laid out once, so that a later feature finds its place and moves nobody else's.
// A table's number is its position, used or not, so numbers in a switch keep their meaning across
// builds. docs/pipeline.md says what enters and leaves each table.
//
// Packets run down the main line. Next() goes straight to the next stage in use, so a stage that is
// empty in this build costs no table hop. A side stage is entered only by a flow that names it.
namespace kvs::pipeline {

enum class Stage : uint8_t {
  kClassify,
  kArp,
  kNd,
  kNdReply,
  kUndoSnat,
  kService,
  kServiceSelect,
  kAffinity,
  kEndpointChoose,
  kEndpointLearn,
  kEndpoint,
  kTrack,
  kState,
  kEgressSet,
  kEgressClass,
  kEgressPolicy,
  kIngressSet,
  kIngressClass,
  kIngressPolicy,
  kDeny,
  kAccept,
  kObserve,
  kCommit,
  kTranslateBack,
  kRoute,
  kToHost,
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
    {Stage::kCommit,         "commit",          Line::kMain, OnMiss::kNext, true},
    {Stage::kTranslateBack,  "translate-back",  Line::kMain, OnMiss::kNext, false},
    {Stage::kRoute,          "route",           Line::kMain, OnMiss::kNext, true},
    {Stage::kToHost,         "to-host",         Line::kMain, OnMiss::kDrop, true},
    // clang-format on
});

constexpr uint8_t NumberOf(Stage stage) { return static_cast<uint8_t>(stage); }
constexpr const TableInfo& InfoOf(Stage stage) { return kTables[NumberOf(stage)]; }

// The next stage of the main line that this build uses; after the last one, the last one.
constexpr Stage Next(Stage stage) {
  for (size_t i = NumberOf(stage) + size_t{1}; i < kTables.size(); ++i)
    if (kTables[i].line == Line::kMain && kTables[i].in_use) return kTables[i].stage;
  return kTables.back().stage;
}

// The stage of a table's name, or of its number as text; nullopt if there is none.
std::optional<Stage> StageNamed(std::string_view name);

constexpr bool NumbersFollowPosition() {
  for (size_t i = 0; i < kTables.size(); ++i)
    if (NumberOf(kTables[i].stage) != i) return false;
  return true;
}
static_assert(NumbersFollowPosition());
static_assert(kTables.back().in_use);

}  // namespace kvs::pipeline
