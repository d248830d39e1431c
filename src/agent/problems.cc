#include "agent/agent.h"
#include "base/printable.h"

// All problems of the agent, the most fundamental first.
namespace kvs::agent {

std::vector<Problem> Agent::Problems() const {
  std::vector<Problem> all;
  const auto add = [&](const auto& problems) {
    all.insert(all.end(), problems.begin(), problems.end());
  };
  if (!ovsdb_down_.empty())
    all.push_back({"OVSDB", "connection",
                   ovsdb_down_ + "; try: systemctl status openvswitch-switch", "OVSUnreachable",
                   true});
  if (ovs_problem_) all.push_back(*ovs_problem_);
  add(outputs_.bridge.Problems());
  add(self_problems_);
  add(nodes_.problems());
  if (all.empty() && !switch_down_.empty())
    all.push_back(
        {"OpenFlow", "connection",
         switch_down_ + "; is ovs-vswitchd running? try: systemctl status openvswitch-switch",
         "OVSUnreachable", true});
  if (const kube::VSwitchConfig* own = nodes_.own()) {
    const auto* accepted =
        kube::FindCondition(own->status.conditions, kube::VSwitchConfig::kAccepted);
    if (accepted && accepted->status == "False")
      all.push_back({"VSwitchConfig/" + options_.node_name, "status.conditions[Accepted]",
                     accepted->message, "NotAccepted"});
  }
  if (!ovsdb_.unwritable().empty())
    all.push_back({"OVSDB", "storage", ovsdb_.unwritable(), "OVSUnwritable"});
  add(source_problems_);
  if (ApiServerAnswers() && !status_.failure().empty())
    all.push_back({"Kubernetes", "status", status_.failure(), "StatusNotWritten"});
  for (const apply::Reconciler* part : outputs_.all)
    if (part != &outputs_.bridge) add(part->Problems());
  add(conntrack_alarm_.problems());
  if (const auto problem = config_before_.ToProblem(); cni_ready_ && problem)
    all.push_back(*problem);
  add(bridge_ports_.problems());
  add(limits_.Problems());
  add(connections_.problems());
  for (const auto& [name, problem] : ports_.problems()) all.push_back(problem);
  add(taken_problems_);
  add(pipeline_.Problems());
  if (program_) add(program_());
  for (Problem& problem : all)  // they quote what others wrote, and status and events are UTF-8
    for (std::string* text : {&problem.object, &problem.field, &problem.message})
      *text = Printable(*text);
  return all;
}

}  // namespace kvs::agent
