#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/config_before.h"
#include "agent/events.h"
#include "agent/metrics.h"
#include "agent/options.h"
#include "agent/outputs.h"
#include "agent/status_writer.h"
#include "agent/watch/connection_watch.h"
#include "agent/watch/conntrack_alarm.h"
#include "agent/watch/limit_watch.h"
#include "agent/watch/next_hops.h"
#include "agent/watch/port_watch.h"
#include "apply/attachment_status.h"
#include "apply/link_reaper.h"
#include "apply/link_settings.h"
#include "base/result.h"
#include "feed/conntrack_table.h"
#include "feed/link_feed.h"
#include "feed/node_feed.h"
#include "feed/port_feed.h"
#include "feed/switch_routes.h"
#include "feed/this_node.h"
#include "io/loop.h"
#include "kube/source/source.h"
#include "netlink/nft_monitor.h"
#include "openflow/connection.h"
#include "ovsdb/session.h"
#include "ovsdb/unixctl.h"
#include "pipeline/pipeline.h"
#include "world/world.h"

// k-vswitchd: feeds turn inputs into facts, the pipeline turns facts into what should exist, and
// the outputs make it so.
namespace kvs::agent {

class Agent {
 public:
  // Fails if the node is unusable; Problems() reports later failures, which are retried. Only one
  // agent may run on a node: NodeLock.
  static Result<std::unique_ptr<Agent>> Open(io::Loop& loop, Options options,
                                             std::unique_ptr<kube::Source> source);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // All present problems, the most fundamental first. Empty: everything works.
  std::vector<Problem> Problems() const;
  // Whether pods are attached and connected here. There may be problems nevertheless: a node with a
  // misspelt setting or an unreachable peer still serves its pods. `problems`: those above.
  bool serving(const std::vector<Problem>& problems) const;
  // Whether the bridge is of the userspace datapath.
  bool OnNetdev() const;
  // Why the userspace datapath is used without being requested; empty: it isn't.
  std::string DatapathNote() const;
  // How new pods get our network if not by our own CNI configuration; empty: they do.
  std::string CniNote() const { return config_before_.ToNote(); }

  // `problems` returns those of the program around the agent; they are added to the agent's.
  void WatchProgram(std::function<std::vector<Problem>()> problems) {
    program_ = std::move(problems);
  }

  // Withdraws the bridge's ready mark for the CNI plugin, then calls `done`. The datapath goes on.
  void Retire(std::function<void()> done);

  // Read by the interface for people (api.h).
  const Options& options() const { return options_; }
  const world::World& world() const { return world_; }
  // This node's, as the controller wrote it; nullptr: not yet.
  const kube::VSwitchConfig* config() const { return nodes_.own(); }
  const pipeline::Pipeline& pipeline() const { return pipeline_; }
  const Outputs& outputs() const { return outputs_; }
  const feed::ConntrackTable& conntrack() const { return conntrack_; }
  const apply::AttachmentStatusWriter& attachments() const { return attachments_; }
  const LimitWatch& limits() const { return limits_; }
  const PortWatch& bridge_ports() const { return bridge_ports_; }
  const ovsdb::Session& ovsdb() const { return ovsdb_; }
  openflow::Connection& openflow() { return switch_; }
  ovsdb::Unixctl& vswitchd() { return vswitchd_; }
  // Number of connections made so far.
  uint64_t ovsdb_connections() const { return ovsdb_connections_; }
  uint64_t openflow_connections() const { return openflow_connections_; }
  const kube::Source& source() const { return *source_; }
  // How long pods waited until everything they need was in effect.
  const prometheus::Histogram& attach_seconds() const { return attach_seconds_; }

 private:
  Agent(io::Loop& loop, Options options, std::unique_ptr<kube::Source> source);

  // Subscriptions to changes.
  Result<> Listen();
  ovsdb::Session::Handlers OvsdbHandlers();
  openflow::Connection::Handlers SwitchHandlers();
  void NoteFlow(const openflow::FlowEvent& event);
  void NoteRoute(const netlink::Route* route);  // nullptr: any
  void NoteRulesets(const netlink::NftCommit& commit);
  void NoteSource(const std::vector<Problem>& problems);

  // Run after changes, and every few seconds.
  void ScheduleReconcile();  // at the end of this iteration of the loop
  void Reconcile();          // facts -> desired state -> outputs
  void Resync();             // polls state without notifications

  void SetWanted();
  apply::BridgeConfig WantedBridge() const;
  std::vector<apply::ConntrackLimit> WantedLimits() const;
  void PlanPorts();
  void Announce();
  std::vector<Problem> Logged(std::vector<Problem> problems) const;
  bool InputsKnown() const;
  bool ApiServerAnswers() const;
  void AskSwitchRoutes();  // if they matter
  void LookAtConntrack();
  void Take(feed::ThisNode self);
  std::set<NextHop> NextHopsOfTunnels() const;
  // Why a new port can't be realized, or a pod can't have an address; "": it can.
  std::string ObjectionTo(const ovsdb::Interface& interface) const;
  std::string ObjectionToPod(const Ip& ip) const;
  void FindTaken();  // addresses of ours that others use

  io::Loop& loop_;
  Options options_;
  io::Timer reconcile_, resync_, plan_ports_;

  // The inputs and facts.
  world::World world_;
  pipeline::Pipeline pipeline_{world_};
  std::unique_ptr<kube::Source> source_;
  std::unique_ptr<kube::Subscription> source_watch_;
  feed::NodeFeed nodes_;
  std::unique_ptr<feed::LinkFeed> links_;
  feed::PortFeed ports_{world_, [this](const std::string& name) {
                          const netlink::Link* link = links_->Find(name);
                          return link == nullptr ? std::string() : link->alias;
                        }};
  ovsdb::Session ovsdb_;
  openflow::Connection switch_;
  ovsdb::Unixctl vswitchd_;
  feed::SwitchRoutes switch_routes_{vswitchd_, [this] { ScheduleReconcile(); }};
  feed::ConntrackTable conntrack_{vswitchd_, options_.proc_sys, [this] { ScheduleReconcile(); }};

  // What should exist, and the outputs.
  apply::PodPortPlan port_plan_;
  std::string tunnel_;      // the last one
  std::string nft_writer_;  // "PID (NAME)" of the last change of a table of ours
  Outputs outputs_;
  std::unique_ptr<netlink::NftMonitor> rulesets_;
  apply::LinkReaper reaper_;
  apply::LinkSettings link_settings_;
  prometheus::Histogram attach_seconds_{kAttachSeconds};
  apply::AttachmentStatusWriter attachments_;
  NextHops next_hops_{loop_, vswitchd_};
  LimitWatch limits_{loop_, switch_, world_};
  PortWatch bridge_ports_{loop_, switch_, world_};
  ConnectionWatch connections_{loop_, vswitchd_, world_, [this] { ScheduleReconcile(); }};
  StatusWriter status_;
  Events events_;

  // Problems.
  std::vector<Problem> source_problems_, self_problems_, taken_problems_;
  std::function<std::vector<Problem>()> program_;
  std::optional<Problem> ovs_problem_;            // while set, no pod is attached
  std::string ovsdb_down_ = "not connected yet";  // the reason; empty while it is up
  std::string switch_down_ = "not connected yet";
  ConfigBefore config_before_;
  ConntrackAlarm conntrack_alarm_;

  // Progress.
  bool ovsdb_seen_ = false;      // its content is known
  bool accepting_pods_ = false;  // as published for the CNI plugin
  bool cni_ready_ = false;       // the CNI configuration, by which the kubelet sees it, exists
  bool retiring_ = false;
  uint64_t ovsdb_connections_ = 0, openflow_connections_ = 0;
  std::unique_ptr<io::Timer> shutdown_delay_;
};

// The bridge's own MAC: derived from the node's name, "kv" in the locally administered range.
Mac BridgeMac(const std::string& node);

// The status that the agent's VSwitchConfig should show. `problems`: the agent's. `before`: the
// present status, for the times of its conditions.
kube::VSwitchConfigStatus StatusOf(const Agent& agent, const std::vector<Problem>& problems,
                                   const kube::VSwitchConfigStatus& before);
// The status of a node from which k-vswitch was uninstalled: not Ready, with the reason.
kube::VSwitchConfigStatus StatusOfUninstalled(const std::string& why,
                                              const kube::VSwitchConfigStatus& before);

}  // namespace kvs::agent
