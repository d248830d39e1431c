#include <algorithm>
#include <ctime>

#include "agent/agent.h"
#include "agent/conditions.h"
#include "base/version.h"
#include "kube/object/time.h"

namespace kvs::agent {
namespace {

// A condition keeps the time at which its status last changed.
kube::Condition Make(const kube::VSwitchConfigStatus& before, std::string_view type, bool is_true,
                     std::string_view reason, std::string message) {
  kube::Condition condition{.type = std::string(type),
                            .status = is_true ? "True" : "False",
                            .reason = std::string(reason),
                            .message = std::move(message)};
  const kube::Condition* last = kube::FindCondition(before.conditions, condition.type);
  const bool same = last != nullptr && last->status == condition.status;
  condition.last_transition_time =
      same ? last->last_transition_time : kube::Rfc3339(std::time(nullptr));
  return condition;
}

// A condition that is True if there is no problem.
kube::Condition Make(const kube::VSwitchConfigStatus& before, const ConditionWords& words,
                     bool good, std::string message) {
  return Make(before, words.type, good, good ? words.good : words.bad, std::move(message));
}

bool AsksForAuto(const Agent& agent) {
  const kube::VSwitchConfig* config = agent.config();
  return config != nullptr && config->spec.overlay_type == kube::OverlayType::kAuto;
}

}  // namespace

kube::VSwitchConfigStatus StatusOf(const Agent& agent, const std::vector<Problem>& problems,
                                   const kube::VSwitchConfigStatus& before) {
  kube::VSwitchConfigStatus status;
  const std::string first = problems.empty() ? "" : problems.front().ToString();
  const bool ovsdb_up = agent.ovsdb().up();
  const auto& flows = agent.outputs().flows;
  const auto conflict = agent.outputs().bridge.Problems();
  const bool synced = flows.applied() > 0 && flows.refused() == 0;
  const bool other = std::ranges::find(problems, kube::VSwitchConfig::kOtherNetwork,
                                       &Problem::reason) != problems.end();
  const bool serving = agent.serving(problems);
  const std::string_view not_ready = other              ? kube::VSwitchConfig::kOtherNetwork
                                     : problems.empty() ? kReady.other
                                                        : kReady.bad;
  const std::string_view not_synced = flows.refused() == 0 ? kFlowsSynced.bad : kFlowsSynced.other;
  status.conditions = {
      Make(before, kReady.type, serving, serving ? kReady.good : not_ready, first),
      Make(before, kDegraded.type, !problems.empty(),
           problems.empty() ? kDegraded.good : kDegraded.bad, first),
      Make(before, kOvsConnected, ovsdb_up, ovsdb_up ? "" : first),
      Make(before, kBridgeConfigured, conflict.empty(),
           conflict.empty() ? "" : conflict.front().message),
      Make(before, kFlowsSynced.type, synced, synced ? kFlowsSynced.good : not_synced,
           flows.refused() == 0 ? "" : flows.Problems().front().message),
  };
  if (AsksForAuto(agent))
    status.conditions.push_back(
        Make(before, kDirectRouting.type, false, kDirectRouting.bad,
             "overlayType auto uses vxlan between all nodes: this version doesn't detect whether "
             "the network routes pods' addresses; if it does, set overlayType none"));
  if (const world::Self* self = agent.world().self.Find(0)) {
    status.mtu = self->mtu;
    status.datapath = agent.OnNetdev() ? "netdev" : "system";
  }
  status.pods = static_cast<int64_t>(agent.world().ports.size());
  status.flows = static_cast<int64_t>(agent.pipeline().engine().desired<flow::Flow>().size());
  if (const ovsdb::OpenVSwitch* root = agent.ovsdb().replica().root())
    status.ovs_version = root->ovs_version.value_or("");
  status.agent_version = kVersion;
  return status;
}

kube::VSwitchConfigStatus StatusOfUninstalled(const std::string& why,
                                              const kube::VSwitchConfigStatus& before) {
  return {.conditions = {Make(before, kReady.type, false, kUninstalled, why)}};
}

}  // namespace kvs::agent
