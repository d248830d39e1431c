#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/events.h"
#include "agent/options.h"
#include "apply/bridge_applier.h"
#include "apply/firewall_keeper.h"
#include "apply/host_applier.h"
#include "apply/nat_applier.h"
#include "apply/port_keeper.h"
#include "apply/switch_applier.h"
#include "apply/verdict_writer.h"
#include "base/result.h"
#include "feed/link_feed.h"
#include "feed/node_feed.h"
#include "feed/port_feed.h"
#include "feed/self.h"
#include "io/loop.h"
#include "kube/source.h"
#include "openflow/connection.h"
#include "ovsdb/session.h"
#include "ovsdb/unixctl.h"
#include "pipeline/pipeline.h"
#include "world/world.h"

// k-vswitchd: what is known becomes facts (feeds), facts become what should exist (pipeline), and
// that is made so (appliers). Members stand in the order in which things flow; they end in the
// reverse order.
namespace kvs::agent {

class Agent {
 public:
  // Fails if the node is unusable; later trouble is told by Problems() and mended. One node has one
  // agent: NodeLock.
  static Result<std::unique_ptr<Agent>> Open(io::Loop& loop, Options options,
                                             std::unique_ptr<kube::Source> source);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Everything that is wrong, most fundamental first. Empty: the node does all that it should.
  std::vector<Problem> Problems() const;
  // Whether pods are attached and connected here. There may be problems beside: a setting that is
  // misspelt is no reason to take a node for broken.
  bool serving() const;
  bool ready() const { return announced_ && Problems().empty(); }
  // Why the userspace datapath is used though nobody asked for it; empty: it isn't.
  std::string DatapathNote() const;

  // Takes back the promise to the CNI plugin that somebody is there, then calls `done`. The
  // datapath goes on.
  void Retire(std::function<void()> done);

  // For the interface to people (api.h).
  const Options& options() const { return options_; }
  const world::World& world() const { return world_; }
  // Of this node, as the controller wrote it; nullptr: not yet.
  const kube::VSwitchConfig* config() const { return nodes_.own(); }
  const pipeline::Pipeline& pipeline() const { return pipeline_; }
  const ovsdb::Session& ovsdb() const { return ovsdb_; }
  openflow::Connection& openflow() { return switch_; }
  ovsdb::Unixctl& vswitchd() { return vswitchd_; }
  const apply::SwitchApplier& flows() const { return flows_; }
  const apply::BridgeApplier& bridge() const { return bridge_; }
  const apply::HostApplier& host() const { return host_; }
  const apply::NatApplier& nat() const { return nat_; }
  const apply::FirewallKeeper& firewall() const { return firewall_; }
  const apply::PortKeeper& ports() const { return keeper_; }
  const apply::VerdictWriter& verdicts() const { return verdicts_; }
  uint64_t ovsdb_reconnects() const { return ovsdb_reconnects_; }
  uint64_t openflow_reconnects() const { return openflow_reconnects_; }

 private:
  Agent(io::Loop& loop, Options options, std::unique_ptr<kube::Source> source);

  ovsdb::Session::Handlers OvsdbHandlers();
  openflow::Connection::Handlers SwitchHandlers();
  void Soon();  // Turn() at the end of this turn of the loop
  void Turn();  // facts -> desired -> made so
  void NoteSource(const std::vector<Problem>& problems);
  void LookRound();
  void WantBridge();
  void Announce();
  bool InputsKnown() const;
  bool OnNetdev() const;
  void WriteStatus();

  io::Loop& loop_;
  Options options_;
  io::Timer turn_, round_;

  world::World world_;
  pipeline::Pipeline pipeline_{world_};

  std::unique_ptr<kube::Source> source_;
  std::unique_ptr<kube::Subscription> source_watch_;
  std::vector<Problem> source_problems_, host_problems_;
  Events events_;
  feed::NodeFeed nodes_;
  std::unique_ptr<feed::LinkFeed> links_;
  feed::PortFeed ports_{world_};
  ovsdb::Session ovsdb_;
  openflow::Connection switch_;
  ovsdb::Unixctl vswitchd_;

  apply::BridgeApplier bridge_{ovsdb_};
  apply::SwitchApplier flows_;
  apply::HostApplier host_{
      pipeline_.engine(), feed::kBridge, {options_.settings_record(), options_.proc_sys}};
  apply::NatApplier nat_;
  apply::FirewallKeeper firewall_;
  apply::PortKeeper keeper_;
  apply::VerdictWriter verdicts_;

  std::optional<Problem> ovs_problem_;  // as long as there is one, no pod is attached
  std::vector<Problem> self_problems_;
  std::string ovsdb_down_ = "not connected yet";  // why; empty while it is up
  std::string switch_down_ = "not connected yet";
  std::string cni_problem_;
  std::string other_network_;  // the configuration file that runtimes take instead of ours
  bool ovsdb_seen_ = false;    // its content is known
  bool promised_ = false;      // to the CNI plugin, that pods can be attached
  bool announced_ = false;     // to the kubelet
  bool retiring_ = false;
  uint64_t rounds_ = 0;
  uint64_t ovsdb_reconnects_ = 0, openflow_reconnects_ = 0;
  kube::VSwitchConfigStatus written_;  // as last applied
  std::string status_failure_;         // why that could not be written
  std::chrono::milliseconds written_at_{0};
  std::unique_ptr<io::Timer> farewell_;
};

// The status that the agent's VSwitchConfig should show. `before`: the last one, for the times of
// its conditions.
kube::VSwitchConfigStatus StatusOf(const Agent& agent, const kube::VSwitchConfigStatus& before);
// That of a node from which k-vswitch is uninstalled: not Ready, and why.
kube::VSwitchConfigStatus StatusOfNobody(const std::string& why,
                                         const kube::VSwitchConfigStatus& before);

inline constexpr std::string_view kManager = "agent";  // of the status's fields

}  // namespace kvs::agent
