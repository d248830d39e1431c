#include <algorithm>

#include "agent/agent.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "pipeline/mark_layout.h"
#include "pipeline/others.h"

namespace kvs::agent {
namespace {

// The kernel's datapath if the kernel has it: it is much faster.
std::string DetectDatapath(const std::string& flag) {
  if (flag != "auto") return flag;
  return Exists("/sys/module/openvswitch") ? "system" : "netdev";
}

}  // namespace

Mac BridgeMac(const std::string& node) {
  const uint64_t hash = StableHash(node);
  return {{0x0e, 'k', 'v', static_cast<uint8_t>(hash >> 16), static_cast<uint8_t>(hash >> 8),
           static_cast<uint8_t>(hash)}};
}

// What the agent wants without a rule.
void Agent::SetWanted() {
  if (ovsdb_seen_) outputs_.wanted.bridge.Set({WantedBridge()});
  std::string tunnel;
  pipeline_.engine().desired<pipeline::TunnelPort>().ForEach(
      [&](const pipeline::TunnelPort& port) { tunnel = port.type; });
  if (std::exchange(tunnel_, tunnel) != tunnel)
    log::Info("overlay: {}", tunnel.empty() ? "no tunnel" : tunnel);
  outputs_.wanted.connections.Set(WantedLimits());
  outputs_.wanted.fragments.Set(
      std::vector<apply::FragmentLimit>(OnNetdev() ? 1 : 0, {apply::kMostFragments}));
  outputs_.wanted.passes.Set(apply::PassesFor(ovsdb::kBridgeName, tunnel));
  PlanPorts();
}

// To count connections against a limit, the kernel walks through all of them, at each new one
// before Linux 5.19, and later once per tick. So a limit would slow down nodes with many
// connections, without any use while the table has room.
std::vector<apply::ConntrackLimit> Agent::WantedLimits() const {
  const uint64_t size = conntrack_.size().value_or(0);
  if (OnNetdev()) return apply::ConntrackLimits(size);
  if (!conntrack_.crowded()) return {};
  uint64_t counted = 0;
  for (const ovsdb::ZoneLimit& zone : outputs_.targets.connections.seen()) counted += zone.count;
  return apply::ConntrackLimits(size, conntrack_.used() - std::min(counted, conntrack_.used()));
}

apply::BridgeConfig Agent::WantedBridge() const {
  const world::Self* self = world_.self.Find(0);
  apply::BridgeConfig wanted{.name = ovsdb::kBridgeName,
                             .datapath_type = DetectDatapath(options_.datapath),
                             .hwaddr = BridgeMac(options_.node_name),
                             .facts = {},
                             .prefixes = pipeline::LookedUpByPrefix()};
  wanted.facts.node = options_.node_name;
  wanted.facts.datapath = wanted.datapath_type == "netdev" ? ovsdb::BridgeFacts::Datapath::kNetdev
                                                           : ovsdb::BridgeFacts::Datapath::kSystem;
  wanted.facts.mark_layouts = pipeline::ToText(feed::MarkLayouts(ovsdb_.replica()));
  if (self != nullptr) {
    wanted.facts.pod_ranges = self->pod_ranges;
    wanted.facts.mtu = self->mtu;
    // New pods are accepted only while their configuration can be read.
    wanted.facts.agent_ready = accepting_pods_ && !retiring_ && !ovs_problem_ && ApiServerAnswers();
  }
  return wanted;
}

}  // namespace kvs::agent
