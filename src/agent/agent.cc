#include "agent/agent.h"

#include <linux/netfilter.h>
#include <net/if.h>

#include <algorithm>

#include "base/log.h"
#include "feed/outside_ranges.h"
#include "feed/ovs_version.h"
#include "netlink/nftables.h"
#include "ovsdb/dpctl.h"
#include "pipeline/world_view.h"

namespace kvs::agent {
namespace {

// Interval of polling state without notifications, and of checking the status.
constexpr auto kResyncInterval = std::chrono::milliseconds(4000);

std::string MgmtSocket(const Options& options) {
  return fmt::format("{}/{}.mgmt", options.ovs_folder(), ovsdb::kBridgeName);
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::Open(io::Loop& loop, Options options,
                                           std::unique_ptr<kube::Source> source) {
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(options), std::move(source)));
  if (auto done = agent->Listen(); !done) return tl::unexpected(done.error());
  return agent;
}

Agent::Agent(io::Loop& loop, Options options, std::unique_ptr<kube::Source> source)
    : loop_(loop),
      options_(std::move(options)),
      reconcile_(loop, [this] { Reconcile(); }),
      resync_(loop, [this] { Resync(); }),
      plan_ports_(loop, [this] { ScheduleReconcile(); }),
      source_(std::move(source)),
      source_watch_(source_->WatchProblems(
          [this](const std::vector<Problem>& problems) { NoteSource(problems); })),
      nodes_(loop, *source_, options_.node_name, world_, [this] { ScheduleReconcile(); }),
      ovsdb_(loop, {.path = options_.ovsdb}, OvsdbHandlers()),
      switch_(loop, MgmtSocket(options_), SwitchHandlers(), {.watch_flows = true}),
      vswitchd_(loop, options_.ovs_folder(), "ovs-vswitchd"),
      outputs_(loop, options_,
               {.engine = pipeline_.engine(),
                .ovsdb = ovsdb_,
                .openflow = switch_,
                .vswitchd = vswitchd_,
                .plan_ports = [this] { PlanPorts(); },
                .on_change = [this] { ScheduleReconcile(); },
                .writer = [this] { return nft_writer_; }}),
      reaper_(loop),
      link_settings_(ovsdb::kBridgeName, options_.proc_sys,
                     pipeline_.engine().desired<pipeline::KernelSetting>()),
      attachments_(
          loop, ovsdb_, switch_,
          {.applied = [this] { return outputs_.applied(); },
           .netdev = [this] { return OnNetdev(); },
           .refused =
               [this](const ovsdb::Interface& interface) {
                 return outputs_.ingress.Refused<pipeline::IngressDrop>(interface.name);
               },
           .objection =
               [this](const ovsdb::Interface& interface) { return ObjectionTo(interface); }},
          [this](std::chrono::milliseconds waited) {
            attach_seconds_.Observe(std::chrono::duration<double>(waited).count());
          }),
      status_(*source_),
      events_(*source_, options_.node_name) {
  for (apply::Reconciler* part : outputs_.in_switch) part->Disconnected();
  for (apply::Reconciler* part : outputs_.in_ovsdb) part->Disconnected();
  resync_.StartRepeating(kResyncInterval);
}

Agent::~Agent() = default;

Result<> Agent::Listen() {
  auto links = feed::LinkFeed::Open(
      loop_, {.on_change =
                  [this] {
                    ScheduleReconcile();
                    AskSwitchRoutes();
                    outputs_.kernel.Resync();
                    outputs_.settings.Resync();
                    outputs_.ingress.Resync();
                  },
              .on_route_change = [this](const netlink::Route* route) { NoteRoute(route); }});
  if (!links) return tl::unexpected(links.error());
  links_ = std::move(*links);
  auto rulesets = netlink::NftMonitor::Open(
      loop_, {.on_commit = [this](const netlink::NftCommit& commit) { NoteRulesets(commit); },
              .on_resync = [this] { NoteRulesets({}); }});
  if (!rulesets) return tl::unexpected(rulesets.error());
  rulesets_ = std::move(*rulesets);
  return {};
}

ovsdb::Session::Handlers Agent::OvsdbHandlers() {
  return {.on_change =
              [this](const ovsdb::Change& change) {
                ports_.Apply(change);
                attachments_.Note(change);
                outputs_.bridge.Resync();
                outputs_.tunnel.Resync();
                ScheduleReconcile();
              },
          .on_up =
              [this] {
                ovsdb_down_.clear();
                ++ovsdb_connections_;
                ovsdb_seen_ = true;
                log::Info("OVSDB: connected to {}", options_.ovsdb);
                for (apply::Reconciler* part : outputs_.in_ovsdb) part->Connected();
                ScheduleReconcile();
              },
          .on_down =
              [this](const Error& error) {
                if (ovsdb_down_ != error.message) log::Warning("{}", error.message);
                ovsdb_down_ = error.message;
                for (apply::Reconciler* part : outputs_.in_ovsdb) part->Disconnected();
              }};
}

openflow::Connection::Handlers Agent::SwitchHandlers() {
  return {.on_up =
              [this](uint64_t) {
                if (!switch_down_.empty()) log::Info("switch: connected");
                switch_down_.clear();
                ++openflow_connections_;
                AskSwitchRoutes();
                bridge_ports_.Look();
                for (apply::Reconciler* part : outputs_.in_switch) part->Connected();
              },
          .on_down =
              [this](const Error& error) {
                if (switch_down_ != error.message) log::Info("switch: {}", error.message);
                switch_down_ = error.message;
                for (apply::Reconciler* part : outputs_.in_switch) part->Disconnected();
              },
          .on_packet_in = {},
          .on_port_status =
              [this](const openflow::PortStatus& status) { bridge_ports_.Note(status.port); },
          .on_flow_event = [this](const openflow::FlowEvent& event) { NoteFlow(event); },
          .on_flow_removed = {}};
}

// A flow changed by another program is repaired individually; if the switch's event queue
// overflowed, all flows are dumped.
void Agent::NoteFlow(const openflow::FlowEvent& event) {
  using Kind = openflow::FlowEvent::Kind;
  if (event.kind == Kind::kPaused) return;
  if (event.kind == Kind::kResumed || !event.flow.foreign_match.empty())
    return outputs_.flows.Resync();
  const auto ours = apply::SwitchTarget::OursOf(event.flow);
  if (!ours) return;
  const flow::Flow* wanted = pipeline_.engine().desired<flow::Flow>().Find(ours->item.key);
  if (event.kind == Kind::kRemoved && wanted != nullptr && apply::IsMetered(*wanted))
    return outputs_.flows
        .Resync();  // its meter may have been removed, for which there are no events
  if (event.kind == Kind::kRemoved)
    outputs_.flows.Saw<flow::Flow>(ours->item.key, std::nullopt);
  else
    outputs_.flows.Saw<flow::Flow>(ours->item.key, ours);
}

void Agent::NoteRoute(const netlink::Route* route) {
  if (route == nullptr || outputs_.targets.kernel.Concerns(*route)) outputs_.kernel.Resync();
}

// Rulesets were changed, perhaps by ourselves; an empty commit means that notifications were lost.
void Agent::NoteRulesets(const netlink::NftCommit& commit) {
  const bool all = commit.tables.empty();
  const bool inet = all || commit.Touches(NFPROTO_INET, netlink::kNftTable);
  const bool netdev = all || commit.Touches(NFPROTO_NETDEV, netlink::kNftTable);
  const bool ours = commit.process == "k-vswitchd" || outputs_.targets.nft.Wrote(commit.generation);
  if (commit.pid != 0 && !ours && (inet || netdev))
    nft_writer_ = fmt::format("process {}, {}", commit.pid, commit.process);
  if (inet) outputs_.nft.Resync();
  if (netdev) outputs_.ingress.Resync();
  if (all || !(inet || netdev) || commit.tables.size() > 1) outputs_.firewall.Resync();
}

void Agent::ScheduleReconcile() {
  if (!reconcile_.active()) reconcile_.Start(std::chrono::milliseconds(0));
}

// The controller reports bad VSwitchConfigs; keep only problems of the API server and of this host.
void Agent::NoteSource(const std::vector<Problem>& problems) {
  source_problems_ = problems;
  std::erase_if(source_problems_, [](const Problem& problem) {
    return problem.object != kube::kApiServer && problem.object != kube::kHost;
  });
  ScheduleReconcile();
}

bool Agent::serving(const std::vector<Problem>& problems) const {
  return cni_ready_ && InputsKnown() &&
         std::ranges::none_of(problems, [](const Problem& problem) { return problem.blocking; });
}

bool Agent::InputsKnown() const {
  return ovsdb_seen_ && nodes_.synced() && world_.self.size() == 1 &&
         (!OnNetdev() || switch_routes_.known());
}

bool Agent::OnNetdev() const {
  const world::Datapath* datapath = world_.datapath.Find(0);
  return datapath != nullptr && datapath->netdev;
}

void Agent::AskSwitchRoutes() {
  if (OnNetdev()) switch_routes_.Ask();
}

void Agent::LookAtConntrack() {
  if (world_.self.size() == 1 && switch_down_.empty()) conntrack_.Look(OnNetdev());
  if (conntrack_.size()) connections_.Look(conntrack_.used());
  conntrack_alarm_.Update(conntrack_, outputs_.targets.connections.seen(), OnNetdev());
}

// The next hops that Open vSwitch must know in advance, because it resolves them too late itself.
std::set<NextHop> Agent::NextHopsOfTunnels() const {
  std::set<NextHop> hops;
  if (!OnNetdev() || world_.datapath.Find(0)->overlay_port == 0) return hops;
  for (const auto& [name, node] : nodes_.accepted()) {
    if (name == options_.node_name) continue;
    for (const Ip& ip : node.overlay_ips) {
      const auto route = links_->RouteTo(ip);
      if (!route) continue;
      if (const ovsdb::Bridge* bridge = ovsdb::BridgeOf(ovsdb_.replica(), route->link->name))
        hops.insert({bridge->name, route->link->index, route->next_hop});
    }
  }
  return hops;
}

std::string Agent::DatapathNote() const {
  return options_.datapath == "auto" && OnNetdev()
             ? "userspace datapath (slow): kernel module openvswitch is not loaded; try: modprobe "
               "openvswitch, then restart the agent"
             : "";
}

// Open vSwitch 3.1 in userspace keeps megaflows that send a tunnel's packets to the host, from
// before the tunnel existed, as long as such packets arrive: packets of the other nodes would be
// lost.
void Agent::Take(feed::ThisNode self) {
  const world::Datapath& now = self.datapath;
  const world::Datapath* before = world_.datapath.Find(0);
  const bool new_tunnel = before != nullptr && now.netdev && now.overlay_port != 0 &&
                          now.overlay_port != before->overlay_port;
  std::move(self).PutInto(world_);
  if (!new_tunnel) return;
  vswitchd_.Ask("dpctl/del-flows", {ovsdb::DatapathOf("netdev")},
                [](const Result<std::string>& done) {
                  if (!done) log::Warning("forget old flows: {}", done.error().message);
                });
}

void Agent::Reconcile() {
  ovs_problem_ = feed::CheckOvsVersion(ovsdb_.replica());
  self_problems_.clear();
  nodes_.Update(
      feed::NodeAddresses(
          *links_, nodes_.own() == nullptr ? std::vector<Ip>() : nodes_.own()->spec.overlay_ips),
      source_->ServerAddresses());
  // Also if another agent process began it: known ports belong to pods that were attached before.
  const bool serves = world_.self.size() == 1 || world_.ports.size() > 0;
  if (auto self = feed::ReadThisNode(options_.node_name, nodes_, *links_, ovsdb_.replica(),
                                     switch_routes_.local_addresses(), serves, self_problems_))
    Take(*std::move(self));
  if (const world::Self* self = world_.self.Find(0))
    if (auto outside = feed::PodsOutsideRanges(*self, world_.ports))
      self_problems_.push_back(*std::move(outside));
  if (const netlink::Link* local = links_->Find(ovsdb::kBridgeName))
    link_settings_.Follow(local->index);
  if (!switch_routes_.known()) AskSwitchRoutes();
  next_hops_.Want(NextHopsOfTunnels());
  if (InputsKnown())
    ports_.Admit([this](const ovsdb::Interface& interface) { return ObjectionTo(interface); });
  attachments_.Stamp(pipeline_.engine().Run());
  SetWanted();
  if (ovsdb_seen_) outputs_.bridge.Begin();
  if (InputsKnown()) outputs_.Begin();
  if (InputsKnown() && conntrack_.size()) outputs_.connections.Begin();
  outputs_.Reconcile();
  if (!cni_ready_ && outputs_.applied() > 0) Announce();
  attachments_.Write();
}

void Agent::PlanPorts() {
  if (!ovsdb_.up()) return;
  auto ports = port_plan_.Update(loop_.Now(), ovsdb_.replica(), links_->All());
  if (!ports) return;
  outputs_.wanted.ports.Set(*std::move(ports));
  if (const auto next = port_plan_.next())
    plan_ports_.Start(std::max(*next - loop_.Now(), std::chrono::milliseconds(1)));
}

bool Agent::ApiServerAnswers() const {
  return std::ranges::none_of(
      source_problems_, [](const Problem& problem) { return problem.object == kube::kApiServer; });
}

// When everything works, set the ready mark for the plugin; when OVSDB shows it, write the CNI
// configuration for the kubelet, last of all.
void Agent::Announce() {
  if (retiring_) return;
  if (!std::exchange(accepting_pods_, true)) return ScheduleReconcile();
  const ovsdb::Bridge* bridge = ovsdb_.replica().bridges.Find(ovsdb::kBridgeName);
  if (bridge == nullptr || !bridge->external_ids.contains(ovsdb::kAgentKey)) return;
  outputs_.wanted.files.Set(CniFilesFor(options_));
  outputs_.files.Begin();
  if (outputs_.files.applied() == 0 || outputs_.files.refused() > 0) return;
  cni_ready_ = true;
  log::Info("ready");
  Resync();  // nodes wait for the status
}

void Agent::Resync() {
  outputs_.Audit();
  AskSwitchRoutes();
  links_->ForgetRoutes();
  next_hops_.Look();
  FindTaken();
  bridge_ports_.Look();
  limits_.Look();
  LookAtConntrack();
  reaper_.Reap(links_->All());
  link_settings_.Look([] { return static_cast<int>(if_nametoindex(ovsdb::kBridgeName)); });
  config_before_ = FindConfigBefore(options_);
  ScheduleReconcile();
  const std::vector<Problem> problems = Problems();
  events_.Check(loop_.Now(), serving(problems), problems, Logged(problems));
  if (nodes_.own() != nullptr && !retiring_)
    status_.Write(loop_.Now(), *nodes_.own(), StatusOf(*this, problems, nodes_.own()->status));
}

void Agent::Retire(std::function<void()> done) {
  retiring_ = true;
  SetWanted();
  outputs_.bridge.Reconcile();
  // Enough time for one transaction; if OVSDB is away, the plugin can't read the mark anyway.
  resync_.Stop();
  reconcile_.Stop();
  static constexpr auto kShutdownDelay = std::chrono::milliseconds(100);
  shutdown_delay_ = std::make_unique<io::Timer>(loop_, std::move(done));
  shutdown_delay_->Start(kShutdownDelay);
}

// The problems that were logged when they were found.
std::vector<Problem> Agent::Logged(std::vector<Problem> problems) const {
  std::erase_if(problems, [](const Problem& problem) {
    return problem.object != "OVSDB" && problem.object != "OpenFlow" &&
           problem.object != "Kubernetes" && problem.object != kube::kApiServer;
  });
  for (const apply::Reconciler* part : outputs_.all)
    std::ranges::move(part->Problems(), std::back_inserter(problems));
  return problems;
}

}  // namespace kvs::agent
