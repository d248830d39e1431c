#include "agent/metrics.h"

#include <limits>

#include "agent/agent.h"
#include "base/version.h"
#include "io/metrics.h"

namespace kvs::agent {
namespace {

using io::Metrics;

void AddState(const Figures& now, Metrics& all) {
  all.Gauge("kvswitch_switch_info",
            "Open vSwitch of this node: its version, and the datapath (system: kernel, netdev: "
            "userspace); always 1.")
      .Value(1, {{"ovs_version", now.ovs_version}, {"datapath", now.datapath}});
  all.Gauge("kvswitch_problems", "Present problems of this node; see kvs status.")
      .Value(now.problems);
  all.Gauge("kvswitch_pods", "Pods attached to this node.").Value(now.pods);
  all.Gauge("kvswitch_pods_waiting",
            "Pods attached to this node whose flows are not confirmed yet: their CNI ADD waits.")
      .Value(now.pods_waiting);
  all.Gauge("kvswitch_nodes", "Nodes of the cluster that this node knows.").Value(now.nodes);
  if (now.attach_seconds != nullptr)
    all.Add("kvswitch_pod_attach_duration_seconds",
            "Time from the insertion of a pod's port into OVSDB until everything that the pod "
            "needs is confirmed.",
            *now.attach_seconds);
}

void AddSwitch(const Figures& now, Metrics& all) {
  all.Gauge("kvswitch_flows_desired", "Desired flows of the switch.").Value(now.flows);
  all.Gauge("kvswitch_flows_refused", "Flows refused by the switch; see kvs status.")
      .Value(now.flows_refused);
  all.Counter("kvswitch_flow_operations_total",
              "Flows and groups added to, changed in or removed from the switch.")
      .Value(now.flow_changes);
  all.Counter("kvswitch_flow_repairs_total",
              "Flows and groups restored after another program changed or removed them.")
      .Value(now.flow_repairs);
  all.Counter("kvswitch_flow_dumps_total",
              "Comparisons of the switch's flows with the desired flows.")
      .Value(now.flow_dumps);
  all.Counter("kvswitch_limited_packets_total",
              "Packets dropped because a pod began more connections, or sent more fragments, per "
              "second than allowed.")
      .Value(now.dropped_connections, {{"limit", "connections"}})
      .Value(now.dropped_fragments, {{"limit", "fragments"}});
  all.Counter("kvswitch_openflow_connections_total",
              "OpenFlow connections to the bridge established since the agent started.")
      .Value(now.openflow_connections);
  all.Counter("kvswitch_ovsdb_connections_total",
              "Connections to ovsdb-server established since the agent started.")
      .Value(now.ovsdb_connections);
  all.Counter("kvswitch_rule_runs_total",
              "Rules of the pipeline run again because a pod, a node or a setting changed.")
      .Value(now.rule_runs);
}

void AddRepairs(const Figures& now, Metrics& all) {
  all.Counter("kvswitch_ovsdb_repairs_total",
              "Bridge or tunnel port restored in OVSDB after another program changed it.")
      .Value(now.ovsdb_repairs);
  all.Counter("kvswitch_host_repairs_total",
              "Addresses, routes, neighbours, kernel settings and nftables rules of the host "
              "restored after another program changed them.")
      .Value(now.host_repairs);
  all.Counter("kvswitch_port_repairs_total",
              "Bridge ports reopened after another program closed them with OpenFlow.")
      .Value(now.port_repairs);
  all.Counter("kvswitch_stale_ports_deleted_total",
              "Ports deleted from OVSDB because their link was gone, e.g. after a reboot.")
      .Value(now.ports_deleted);
  all.Counter("kvswitch_ports_restored_total",
              "Ports of running pods that OVSDB had lost, restored from their links.")
      .Value(now.ports_restored);
}

// Conntrack as of the last look, 4 s ago or less.
void AddConntrack(const Figures& now, Metrics& all) {
  const auto most = [](uint64_t limit) {
    return limit == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(limit);
  };
  if (now.connections_most) {
    all.Gauge("kvswitch_conntrack_entries",
              "Connections in the datapath's conntrack table, including those of other programs.")
        .Value(now.connections);
    all.Gauge("kvswitch_conntrack_entries_limit",
              "Size of the datapath's conntrack table in connections; +Inf: unlimited.")
        .Value(most(*now.connections_most));
  }
  all.Gauge("kvswitch_conntrack_zone_entries",
            "Connections that count towards the limit of a conntrack zone of k-vswitch.");
  for (const ovsdb::ZoneLimit& zone : now.zones)
    all.Value(zone.count, {{"zone", std::to_string(zone.zone)}});
  all.Gauge("kvswitch_conntrack_zone_entries_limit",
            "Limit of connections in a conntrack zone of k-vswitch; +Inf: unlimited.");
  for (const ovsdb::ZoneLimit& zone : now.zones)
    all.Value(most(zone.limit), {{"zone", std::to_string(zone.zone)}});
  all.Gauge("kvswitch_pods_at_connection_limit",
            "Pods with more connections than maxConnectionsPerPod, which can't begin new ones.")
      .Value(now.pods_at_limit);
}

uint64_t RepairsOf(std::initializer_list<const apply::Reconciler*> parts) {
  uint64_t repairs = 0;
  for (const apply::Reconciler* part : parts) repairs += part->counters().repairs;
  return repairs;
}

}  // namespace

Figures FiguresOf(const Agent& agent) {
  const std::vector<Problem> problems = agent.Problems();
  const ovsdb::OpenVSwitch* root = agent.ovsdb().replica().root();
  const ovsdb::Bridge* bridge = agent.ovsdb().replica().bridges.Find(ovsdb::kBridgeName);
  const auto& engine = agent.pipeline().engine();
  const Outputs& outputs = agent.outputs();
  const auto& flows = outputs.flows.counters();
  return {.ovs_version = root == nullptr ? "" : root->ovs_version.value_or(""),
          .datapath = bridge == nullptr ? "" : bridge->datapath_type,
          .ready = agent.serving(problems),
          .problems = problems.size(),
          .pods = agent.world().ports.size(),
          .pods_waiting = agent.attachments().waiting(),
          .pods_at_limit = agent.world().crowded.size(),
          .nodes = agent.world().nodes.size(),
          .flows = engine.desired<flow::Flow>().size(),
          .flows_refused = outputs.flows.refused(),
          .flow_changes = flows.changes,
          .flow_repairs = flows.repairs,
          .flow_dumps = flows.dumps,
          .dropped_connections = agent.limits().dropped_connections(),
          .dropped_fragments = agent.limits().dropped_fragments(),
          .ovsdb_repairs = RepairsOf({&outputs.bridge, &outputs.tunnel}),
          .host_repairs = RepairsOf({&outputs.settings, &outputs.kernel, &outputs.ingress,
                                     &outputs.nft, &outputs.firewall}),
          .port_repairs = agent.bridge_ports().repairs(),
          .ports_deleted = outputs.targets.ports.deleted(),
          .ports_restored = outputs.targets.ports.restored(),
          .ovsdb_connections = agent.ovsdb_connections(),
          .openflow_connections = agent.openflow_connections(),
          .rule_runs = engine.work().fragments_run,
          .zones = outputs.targets.connections.seen(),
          .connections = agent.conntrack().used(),
          .connections_most = agent.conntrack().size(),
          .requests = agent.source().Requests(),
          .attach_seconds = &agent.attach_seconds()};
}

std::string MetricsText(const std::optional<Figures>& figures) {
  Metrics all;
  all.Gauge("kvswitch_build_info", "Version of the program; always 1.")
      .Value(1, {{"version", kVersion}});
  all.Gauge("kvswitch_ready", "1 if pods are attached and connected on this node, as for /readyz.")
      .Value(figures && figures->ready ? 1 : 0);
  if (figures) {
    AddState(*figures, all);
    AddSwitch(*figures, all);
    AddRepairs(*figures, all);
    AddConntrack(*figures, all);
    kube::AddTo(all, figures->requests);
  }
  all.AddProcess();
  return all.ToText();
}

}  // namespace kvs::agent
