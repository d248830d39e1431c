#include "cli/inspect/config_status.h"

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

// null if there is none of this type.
const json::value& ConditionOf(const json::value& config, std::string_view type) {
  static const json::value none;
  for (const json::value& condition : ListAt(config, "/status/conditions"))
    if (TextAt(condition, "/type") == type) return condition;
  return none;
}

json::array ProblemsOf(const json::value& config) {
  const json::value& ready = ConditionOf(config, "Ready");
  const json::value& degraded = ConditionOf(config, "Degraded");
  const bool is_ready = TextAt(ready, "/status") == "True";
  const bool is_degraded = TextAt(degraded, "/status") == "True";
  // If the agent is gone, Degraded is its last status; Ready says why it is gone.
  const bool gone = TextAt(ready, "/status") == "Unknown";
  if (is_ready && !is_degraded) return {};
  const bool by_ready = gone || !is_degraded;
  const json::value& condition = by_ready ? ready : degraded;
  std::string message = TextAt(condition, "/message");
  if (message.empty()) message = TextAt(condition, "/reason");
  if (message.empty()) message = "no agent has written a status yet";
  return {{{"object", "VSwitchConfig/" + TextAt(config, "/metadata/name")},
           {"field", by_ready ? "status.conditions[Ready]" : "status.conditions[Degraded]"},
           {"message", message}}};
}

}  // namespace

json::value StatusOfConfig(const json::value& config) {
  return {{"node", TextAt(config, "/metadata/name")},
          {"version", TextAt(config, "/status/agentVersion")},
          {"ready", TextAt(ConditionOf(config, "Ready"), "/status") == "True"},
          {"problems", ProblemsOf(config)},
          {"pods", NumberAt(config, "/status/pods")},
          {"network",
           {{"overlay", TextAt(config, "/spec/overlayType")},
            {"mtu", NumberAt(config, "/status/mtu")},
            {"podRanges", ListAt(config, "/spec/podCIDRs")},
            {"datapath", TextAt(config, "/status/datapath")}}},
          {"switch",
           {{"ovsVersion", TextAt(config, "/status/ovsVersion")},
            {"flows", NumberAt(config, "/status/flows")},
            {"synced", TextAt(ConditionOf(config, "FlowsSynced"), "/status") == "True"}}}};
}

}  // namespace kvs::cli
