#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "agent/api.h"

namespace kvs::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Metrics are read off the agent's own counters when they are asked for: nothing is counted twice.
class Families {
 public:
  Families& Family(const char* name, const char* help, MetricType type) {
    families_.push_back({name, help, type, {}});
    return *this;
  }
  Families& Value(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (families_.back().type == MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

// As of the last look, 4 s ago or less.
void AddConntrack(const Agent& agent, Families& all) {
  const auto& zones = agent.outputs().targets.connections.seen();
  const auto add = [&](const char* name, const char* help, auto value) {
    all.Family(name, help, MetricType::Gauge);
    for (const ovsdb::ZoneLimit& zone : zones)
      all.Value(static_cast<double>(value(zone)), {{"zone", std::to_string(zone.zone)}});
  };
  add("kvswitch_conntrack_zone_connections", "Connections that count towards the zone's limit.",
      [](const ovsdb::ZoneLimit& zone) { return zone.count; });
  add("kvswitch_conntrack_zone_limit", "Connections that pods of this node may have in the zone.",
      [](const ovsdb::ZoneLimit& zone) { return zone.limit; });
  if (!agent.conntrack().size()) return;
  all.Family("kvswitch_conntrack_table_connections",
             "Connections that the datapath remembers, those of others too.", MetricType::Gauge)
      .Value(static_cast<double>(agent.conntrack().used()));
  all.Family("kvswitch_conntrack_table_size",
             "Connections that the datapath remembers at most; 0: no bound.", MetricType::Gauge)
      .Value(static_cast<double>(*agent.conntrack().size()));
}

}  // namespace

std::string MetricsText(const Agent& agent) {
  constexpr auto kGauge = MetricType::Gauge;
  constexpr auto kCounter = MetricType::Counter;
  const std::vector<Problem> problems = agent.Problems();
  const auto& engine = agent.pipeline().engine();
  const ovsdb::OpenVSwitch* root = agent.ovsdb().replica().root();
  const ovsdb::Bridge* bridge = agent.ovsdb().replica().bridges.Find(ovsdb::kBridgeName);
  const Outputs& outputs = agent.outputs();
  const auto& flows = outputs.flows.counters();
  Families all;
  all.Family("kvswitch_build_info", "The agent and the switch it runs; always 1.", kGauge)
      .Value(1, {{"version", KVS_VERSION},
                 {"ovs_version", root == nullptr ? "" : root->ovs_version.value_or("")},
                 {"datapath", bridge == nullptr ? "" : bridge->datapath_type}});
  all.Family("kvswitch_ready", "Whether the node attaches and connects its pods.", kGauge)
      .Value(agent.serving(problems) ? 1 : 0);
  all.Family("kvswitch_problems", "Things that are wrong now; kvs status names them.", kGauge)
      .Value(static_cast<double>(problems.size()));
  all.Family("kvswitch_pods", "Pods attached to this node's bridge.", kGauge)
      .Value(static_cast<double>(agent.world().ports.size()));
  all.Family("kvswitch_pods_waiting", "Pods whose attachment is not confirmed yet.", kGauge)
      .Value(static_cast<double>(agent.attachments().waiting()));
  all.Family("kvswitch_nodes", "Nodes of the cluster that are known.", kGauge)
      .Value(static_cast<double>(agent.world().nodes.size()));
  all.Family("kvswitch_flows_desired", "Flows that should be in the switch.", kGauge)
      .Value(static_cast<double>(engine.desired<flow::Flow>().size()));
  all.Family("kvswitch_flow_operations_total",
             "Flows and groups put into or taken out of the switch.", kCounter)
      .Value(static_cast<double>(flows.changes));
  all.Family("kvswitch_flow_refused", "Flows that the switch refuses.", kGauge)
      .Value(static_cast<double>(outputs.flows.refused()));
  all.Family("kvswitch_flow_drift_repairs_total",
             "Flows and groups mended after somebody else changed them.", kCounter)
      .Value(static_cast<double>(flows.repairs));
  all.Family("kvswitch_flow_dumps_total",
             "Comparisons of the whole flow table with the desired one.", kCounter)
      .Value(static_cast<double>(flows.dumps));
  all.Family("kvswitch_limited_packets_total",
             "Packets dropped because a pod began more than a pod may.", kCounter)
      .Value(static_cast<double>(agent.limits().dropped_connections()), {{"of", "connections"}})
      .Value(static_cast<double>(agent.limits().dropped_fragments()), {{"of", "fragments"}});
  all.Family("kvswitch_pods_at_connection_limit",
             "Pods that have more connections than maxConnectionsPerPod, and begin no other.",
             kGauge)
      .Value(static_cast<double>(agent.world().crowded.size()));
  all.Family("kvswitch_ovsdb_repairs_total",
             "Times the bridge or the tunnel port was mended in OVSDB.", kCounter)
      .Value(static_cast<double>(outputs.bridge.counters().repairs +
                                 outputs.tunnel.counters().repairs));
  all.Family("kvswitch_host_repairs_total",
             "Addresses, routes, neighbours, NAT and firewall rules of the host that were mended.",
             kCounter)
      .Value(static_cast<double>(
          outputs.settings.counters().repairs + outputs.kernel.counters().repairs +
          outputs.ingress.counters().repairs + outputs.nft.counters().repairs +
          outputs.firewall.counters().repairs));
  all.Family("kvswitch_stale_ports_total", "Ports deleted because their link was gone.", kCounter)
      .Value(static_cast<double>(outputs.targets.ports.deleted()));
  all.Family("kvswitch_restored_ports_total", "Ports made again in OVSDB from their links.",
             kCounter)
      .Value(static_cast<double>(outputs.targets.ports.restored()));
  all.Family("kvswitch_port_repairs_total",
             "Ports of the bridge opened again after somebody shut them in OpenFlow.", kCounter)
      .Value(static_cast<double>(agent.bridge_ports().repairs()));
  all.Family("kvswitch_ovsdb_reconnects_total", "Connections made to ovsdb-server.", kCounter)
      .Value(static_cast<double>(agent.ovsdb_reconnects()));
  all.Family("kvswitch_openflow_reconnects_total", "OpenFlow connections made to the bridge.",
             kCounter)
      .Value(static_cast<double>(agent.openflow_reconnects()));
  AddConntrack(agent, all);
  all.Family("kvswitch_engine_fragments_run_total", "Rules run on rows.", kCounter)
      .Value(static_cast<double>(engine.work().fragments_run));
  return all.Text();
}

}  // namespace kvs::agent
