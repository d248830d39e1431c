#include "apply/targets/limit_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "pipeline/fields.h"

namespace kvs::apply {
namespace {

using pipeline::Zone;

std::string Remedied(const Error& error) {
  return error.message +
         "; until then one pod can use up the connections of the whole node; if this Open vSwitch "
         "or kernel doesn't support limits, update it";
}

}  // namespace

bool IsOurZone(uint16_t zone) {
  static constexpr std::array kZones = {Zone::kDnat, Zone::kPolicy, Zone::kSnat};
  return std::ranges::find(kZones, static_cast<Zone>(zone)) != kZones.end();
}

std::vector<ConntrackLimit> ConntrackLimits(uint64_t table_size, uint64_t uncounted) {
  std::vector<ConntrackLimit> limits;
  if (table_size == 0) return limits;
  // In steps, because the number of uncounted connections changes all the time.
  const uint64_t step = table_size / 16 + 1, taken = (uncounted + step - 1) / step * step;
  const uint64_t most = table_size - table_size / 4, least = table_size / 8;
  const uint64_t share =
      (most > taken + least ? most - taken : least) / pipeline::kZonesInUse.size();
  static constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();  // that OVS can hold
  for (const Zone zone : pipeline::kZonesInUse)
    limits.push_back({static_cast<uint16_t>(zone), std::clamp(share, uint64_t{1}, kMost)});
  return limits;
}

void ConntrackLimitTarget::Dump(OnContents done) {
  vswitchd_.Ask("dpctl/ct-get-limits", {datapath_()},
                [this, done = std::move(done)](const Result<std::string>& text) {
                  seen_.clear();
                  auto zones =
                      text ? ovsdb::ParseZoneLimits(*text) : tl::unexpected<Error>(text.error());
                  if (!zones) return done(Fail("{}", Remedied(zones.error())));
                  std::erase_if(*zones, [](const auto& one) { return !IsOurZone(one.zone); });
                  seen_ = *zones;
                  Contents contents;
                  for (const ovsdb::ZoneLimit& one : *zones)
                    std::get<0>(contents).push_back({{one.zone, one.limit}});
                  done(std::move(contents));
                });
}

void ConntrackLimitTarget::Apply(const Deltas& deltas, OnOutcome done) {
  struct Waiting {
    Outcome<ConntrackLimit> outcome;
    size_t answers = 0;
    OnOutcome done;
  };
  const auto& changes = std::get<0>(deltas).changes;
  const auto waiting = std::make_shared<Waiting>(Waiting{{}, changes.size(), std::move(done)});
  const std::string datapath = datapath_();
  for (const auto& change : changes) {
    const uint16_t zone = change.id();
    const auto note = [waiting, zone](const Result<std::string>& said) {
      if (!said)
        waiting->outcome.Refuse<ConntrackLimit>(
            zone,
            {"Host", fmt::format("conntrack zone {}", zone), Remedied(said.error()), "Refused"});
      if (--waiting->answers == 0) waiting->done(waiting->outcome);
    };
    if (change.now != nullptr)
      vswitchd_.Ask("dpctl/ct-set-limits",
                    {datapath, fmt::format("zone={},limit={}", zone, change.now->connections)},
                    note);
    else
      vswitchd_.Ask("dpctl/ct-del-limits", {datapath, fmt::format("zone={}", zone)}, note);
  }
}

void FragmentLimitTarget::Dump(OnContents done) {
  const std::string datapath = datapath_();
  if (datapath != ovsdb::DatapathOf("netdev")) return done(Contents());
  vswitchd_.Ask("dpctl/ipf-get-status", {datapath},
                [done = std::move(done)](const Result<std::string>& text) {
                  const auto most =
                      text ? ovsdb::ParseMaxFragments(*text) : tl::unexpected<Error>(text.error());
                  if (!most) return done(tl::unexpected<Error>(most.error()));
                  Contents contents;
                  std::get<0>(contents).push_back({{*most}});
                  done(std::move(contents));
                });
}

void FragmentLimitTarget::Apply(const Deltas& deltas, OnOutcome done) {
  const auto& change = std::get<0>(deltas).changes.front();
  const uint64_t most = change.now == nullptr ? kDefaultFragments : change.now->fragments;
  vswitchd_.Ask("dpctl/ipf-set-max-nfrags", {datapath_(), std::to_string(most)},
                [id = change.id(), done = std::move(done)](const Result<std::string>& said) {
                  Outcome<FragmentLimit> outcome;
                  if (!said)
                    outcome.Refuse<FragmentLimit>(
                        id,
                        {"Host", "fragments",
                         said.error().message +
                             "; until then one pod's fragments can block those of all pods on the "
                             "node; if this Open vSwitch doesn't have the command, update it",
                         "Refused"});
                  done(outcome);
                });
}

}  // namespace kvs::apply
