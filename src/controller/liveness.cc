#include "controller/liveness.h"

#include <algorithm>
#include <cctype>

#include "kube/object/agent_pods.h"
#include "kube/object/time.h"
#include "kube/source/source.h"

namespace kvs::controller {
namespace {

using kube::Condition;
using kube::VSwitchConfig;

// Whether it is a pod of DaemonSet k-vswitchd.
bool IsAgent(const kube::Pod& pod) {
  return pod.meta.ns == kube::kAgentNamespace &&
         std::ranges::all_of(kube::kAgentLabels, [&](const auto& label) {
           const auto at = pod.meta.labels.find(label.first);
           return at != pod.meta.labels.end() && at->second == label.second;
         });
}

// The agent's pod on each node: while one is replaced, the Ready one, or the one that stays.
std::map<std::string, const kube::Pod*> PodsByNode(const Facts& facts) {
  std::map<std::string, const kube::Pod*> pods;
  const auto rank = [](const kube::Pod& pod) { return pod.ready ? 2 : pod.meta.deleting ? 0 : 1; };
  for (const auto& [key, pod] : facts.pods) {
    if (!IsAgent(pod)) continue;
    const kube::Pod*& slot = pods[pod.node_name];
    if (slot == nullptr || rank(pod) > rank(*slot)) slot = &pod;
  }
  return pods;
}

const kube::Pod* Find(const std::map<std::string, const kube::Pod*>& pods,
                      const std::string& node) {
  const auto at = pods.find(node);
  return at == pods.end() ? nullptr : at->second;
}

bool IsReady(const kube::Node& node) { return node.ready && node.ready->status == "True"; }

// Unknown means that the kubelet does not report; False is its own report.
bool IsUnreachable(const kube::Node& node) { return node.ready && node.ready->status == "Unknown"; }

bool Lasts(const std::map<std::string, Time>& since, const std::string& name, Time now,
           Time timeouts) {
  const auto at = since.find(name);
  return at != since.end() && now - at->second >= timeouts;
}

std::string ReasonOf(const kube::Node& node, const kube::Pod* pod) {
  if (IsUnreachable(node)) return reason::kNodeUnreachable;
  if (pod == nullptr) return reason::kNoAgent;
  const bool word = !pod->waits.empty() && std::ranges::all_of(pod->waits, [](unsigned char c) {
    return std::isalnum(c) != 0;
  });
  return word ? pod->waits : reason::kAgentNotReady;
}

std::string MessageOf(const kube::Node& node, const kube::Pod* pod, std::time_t since) {
  if (pod != nullptr && pod->ready_changed != 0) since = pod->ready_changed;
  const std::string name = pod == nullptr ? "" : pod->meta.key();
  std::string text =
      pod == nullptr ? fmt::format("this node has had no agent pod since {}", kube::Rfc3339(since))
                     : fmt::format("the agent's pod {} has not been Ready since {}", name,
                                   kube::Rfc3339(since));
  if (pod != nullptr && !pod->waits.empty()) text += ": " + pod->waits;
  if (IsUnreachable(node)) return text + "; its node doesn't report: " + node.ready->message;
  return text + (pod == nullptr ? "; see: kubectl -n kube-system describe daemonset k-vswitchd"
                                : fmt::format("; see: kubectl -n {} describe pod {}", pod->meta.ns,
                                              pod->meta.name));
}

// Whether the shown Ready must not be changed: it was written already, or the agent's own is
// better.
bool Stands(const kube::Node& node, const kube::Pod* pod, const Condition* shown,
            const std::string& reported, const std::string& reason) {
  const std::string& before = !reported.empty() || shown == nullptr || shown->status != "Unknown"
                                  ? reported
                                  : shown->reason;
  if (!before.empty())
    return (before == reason::kNodeUnreachable) == (reason == reason::kNodeUnreachable);
  const bool runs = pod != nullptr && pod->waits.empty() && pod->phase == "Running";
  return runs && !IsUnreachable(node) && shown != nullptr && shown->status == "False";
}

// Limits the Nodes that show a lost network to a third of all.
std::set<std::string> Bounded(const Facts& facts, const std::set<std::string>& lost) {
  const auto showing = std::ranges::count_if(facts.nodes, [](const auto& one) {
    const auto& shown = one.second.network_unavailable;
    return shown && shown->reason == reason::kAgentGone;
  });
  auto room = static_cast<ptrdiff_t>(facts.nodes.size() / 3) - showing;
  std::set<std::string> some;
  for (const std::string& name : lost)
    if (room-- > 0) some.insert(name);
  return some;
}

}  // namespace

Downtime Since(const Facts& facts, Downtime before, Time now) {
  const auto pods = PodsByNode(facts);
  Downtime down{.as_pods = before.as_pods || !pods.empty(), .reported = before.reported};
  const bool blind = std::ranges::any_of(
      facts.problems, [](const Problem& problem) { return problem.object == kube::kApiServer; });
  if (blind || !down.as_pods) return down;
  for (const auto& [name, node] : facts.nodes) {
    const kube::Pod* pod = Find(pods, name);
    if (pod == nullptr || !pod->ready) down.agents.emplace(name, now);
    if (!IsReady(node)) down.nodes.emplace(name, now);
  }
  for (auto& [name, since] : down.agents)
    if (const auto at = before.agents.find(name); at != before.agents.end()) since = at->second;
  for (auto& [name, since] : down.nodes)
    if (const auto at = before.nodes.find(name); at != before.nodes.end()) since = at->second;
  std::erase_if(down.reported, [&](const auto& one) { return !down.agents.contains(one.first); });
  return down;
}

LivenessChanges FindLivenessChanges(const Facts& facts, const Downtime& down, Time now,
                                    std::time_t clock, const Timeouts& timeouts) {
  LivenessChanges changes;
  std::set<std::string> lost;
  const auto pods = PodsByNode(facts);
  for (const auto& [name, since] : down.agents) {
    const auto config = facts.existing.find(name);
    if (now - since < timeouts.agent || config == facts.existing.end()) continue;
    const kube::Node& node = facts.nodes.at(name);
    const kube::Pod* pod = Find(pods, name);
    const Condition* shown =
        kube::FindCondition(config->second.status.conditions, VSwitchConfig::kReady);
    const auto reported = down.reported.find(name);
    const std::string reason = ReasonOf(node, pod);
    if (!Stands(node, pod, shown, reported == down.reported.end() ? "" : reported->second.reason,
                reason)) {
      const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - since);
      changes.ready[name] = {.type = std::string(VSwitchConfig::kReady),
                             .status = "Unknown",
                             .last_transition_time = shown != nullptr && shown->status == "Unknown"
                                                         ? shown->last_transition_time
                                                         : kube::Rfc3339(clock),
                             .reason = reason,
                             .message = MessageOf(node, pod, clock - ago.count())};
    }
    const bool had_network =
        node.network_unavailable && node.network_unavailable->reason == reason::kNetworkReady;
    if (had_network && shown != nullptr && shown->status == "Unknown" &&
        now - since >= timeouts.network && Lasts(down.nodes, name, now, timeouts.network))
      lost.insert(name);
  }
  changes.network_gone = Bounded(facts, lost);
  return changes;
}

}  // namespace kvs::controller
