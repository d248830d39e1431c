#include "cli/trace_owners.h"

#include <fmt/format.h>

#include "cli/agent_client.h"
#include "cli/agent_text.h"

namespace kvs::cli {

void NameOwners(const lab::Lab& lab, std::vector<lab::Hop>& hops) {
  for (auto& hop : hops) {
    const auto answer = AskAgent(lab.node(hop.node).agent_socket(), "/v1/flows");
    if (!answer || answer->status != 200) continue;
    const auto owners = FlowOwners(answer->body);
    for (auto& step : hop.steps) {
      const auto owner = owners.find(step.cookie);
      if (owner != owners.end()) step.owner = owner->second;
    }
  }
}

}  // namespace kvs::cli
