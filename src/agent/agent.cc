#include "agent/agent.h"

#include <filesystem>

#include "agent/cni_install.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "feed/ovs_version.h"
#include "pipeline/mark_layout.h"
#include "pipeline/world_view.h"

namespace kvs::agent {
namespace {

// How often it looks at what nobody tells it of.
constexpr auto kRound = std::chrono::milliseconds(4000);
constexpr uint64_t kRoundsToAudit = 5;
constexpr auto kStatusInterval = std::chrono::milliseconds(10000);

std::string MgmtSocket(const Options& options) {
  return fmt::format("{}/{}.mgmt", options.ovs_run_dir, feed::kBridge);
}

// The bridge's own MAC: fixed for a node, "kv" in the locally administered range.
Mac BridgeMac(const std::string& node) {
  const uint64_t hash = StableHash(node);
  return {{0x0e, 'k', 'v', static_cast<uint8_t>(hash >> 16), static_cast<uint8_t>(hash >> 8),
           static_cast<uint8_t>(hash)}};
}

// The kernel datapath if the kernel has it: it is faster by far.
std::string DetectDatapath(const std::string& wish) {
  if (wish != "auto") return wish;
  return Exists("/sys/module/openvswitch") ? "system" : "netdev";
}

// Why a new port can't be realized; "": it can.
std::string ObjectionTo(const ovsdb::Interface& interface, const world::Self& self) {
  const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
  if (!attachment) return "";  // a problem of PortFeed's
  // The node may have become another since the plugin read its ranges: they, and our promise to be
  // here, outlive a power cut in OVSDB. A pod that lives on has its address rightly.
  const bool of_ranges = attachment->ipam == ovsdb::Attachment::Ipam::kOwn && !attachment->remade();
  for (const Ip& ip : attachment->ips) {
    if (auto why = pipeline::ObjectionTo(self, ip); !why.empty()) return why;
    if (of_ranges && std::ranges::none_of(self.pod_ranges,
                                          [&](const Prefix& range) { return range.Contains(ip); }))
      return fmt::format("{} is of a pod range that was this node's before; it has {} now", ip,
                         Join(self.pod_ranges));
  }
  return "";
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::Open(io::Loop& loop, Options options,
                                           std::unique_ptr<kube::Source> source) {
  if (options.ovs_run_dir.empty())
    options.ovs_run_dir = std::filesystem::path(options.ovsdb).parent_path().string();
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(options), std::move(source)));
  auto links =
      feed::LinkFeed::Open(loop, {.on_change = [raw = agent.get()] { raw->Soon(); },
                                  .on_route_change = [raw = agent.get()] { raw->Soon(); }});
  if (!links) return tl::unexpected(links.error());
  agent->links_ = std::move(*links);
  return agent;
}

Agent::Agent(io::Loop& loop, Options options, std::unique_ptr<kube::Source> source)
    : loop_(loop),
      options_(std::move(options)),
      turn_(loop, [this] { Turn(); }),
      round_(loop, [this] { LookRound(); }),
      source_(std::move(source)),
      source_watch_(source_->WatchProblems(
          [this](const std::vector<Problem>& problems) { NoteSource(problems); })),
      events_(*source_, options_.node_name),
      nodes_(loop, *source_, options_.node_name, world_, [this] { Soon(); }),
      ovsdb_(loop, {.path = options_.ovsdb}, OvsdbHandlers()),
      switch_(loop, MgmtSocket(options_), SwitchHandlers(), {.watch_flows = true}),
      vswitchd_(loop, options_.ovs_run_dir, "ovs-vswitchd"),
      flows_(loop, switch_,
             {.flows = pipeline_.engine().desired<flow::Flow>(),
              .groups = pipeline_.engine().desired<flow::Group>(),
              .revision = [this] { return pipeline_.engine().revision(); }},
             [this] { Soon(); }),
      nat_(loop, pipeline_.engine(), feed::kBridge),
      firewall_(loop, pipeline_.engine(), feed::kBridge),
      keeper_(loop, ovsdb_, feed::kBridge, [this] { return links_->All(); }),
      verdicts_(ovsdb_, switch_,
                {.applied = [this] { return flows_.applied(); },
                 .netdev = [this] { return OnNetdev(); },
                 .other_parts_ready =
                     [this](const ovsdb::Interface& interface) {
                       return world_.self.size() == 1 &&
                              (!OnNetdev() || host_.Deaf(interface.name));
                     },
                 .objection =
                     [this](const ovsdb::Interface& interface) {
                       const world::Self* self = world_.self.Find(0);
                       return self ? ObjectionTo(interface, *self) : "";
                     }}) {
  round_.StartRepeating(kRound);
}

Agent::~Agent() = default;

ovsdb::Session::Handlers Agent::OvsdbHandlers() {
  return {.on_change =
              [this](const ovsdb::Change& change) {
                ports_.Apply(change);
                verdicts_.Note(change);
                Soon();
              },
          .on_up =
              [this] {
                ovsdb_down_.clear();
                ++ovsdb_reconnects_;
                ovsdb_seen_ = true;
                log::Info("OVSDB: connected to {}", options_.ovsdb);
                Soon();
              },
          .on_down =
              [this](const Error& error) {
                if (ovsdb_down_ != error.message) log::Warning("{}", error.message);
                ovsdb_down_ = error.message;
              }};
}

openflow::Connection::Handlers Agent::SwitchHandlers() {
  return {.on_up =
              [this](uint64_t) {
                switch_down_.clear();
                ++openflow_reconnects_;
                flows_.OnUp();
              },
          .on_down =
              [this](const Error& error) {
                if (switch_down_ != error.message) log::Info("switch: {}", error.message);
                switch_down_ = error.message;
                flows_.OnDown();
              },
          .on_packet_in = {},
          .on_port_status = {},
          .on_flow_event = [this](const openflow::FlowEvent&) { flows_.Audit(); },
          .on_flow_removed = {}};
}

void Agent::Soon() {
  if (!turn_.active()) turn_.Start(std::chrono::milliseconds(0));
}

// Of what is wrong with objects, ours are the controller's to tell.
void Agent::NoteSource(const std::vector<Problem>& problems) {
  source_problems_.clear();
  host_problems_.clear();
  for (const Problem& problem : problems) {
    if (problem.object == kube::kApiServer) source_problems_.push_back(problem);
    if (problem.object == kube::kHost) host_problems_.push_back(problem);
  }
  Soon();
}

bool Agent::serving() const {
  return announced_ && ovsdb_down_.empty() && switch_down_.empty() && !ovs_problem_ &&
         !bridge_.problem() && InputsKnown();
}

bool Agent::InputsKnown() const {
  return ovsdb_seen_ && nodes_.synced() && world_.self.size() == 1;
}

bool Agent::OnNetdev() const {
  const world::Self* self = world_.self.Find(0);
  return self != nullptr && self->netdev;
}

std::string Agent::DatapathNote() const {
  return options_.datapath == "auto" && OnNetdev()
             ? "in userspace, for the kernel has no module openvswitch, which is faster by far; "
               "try: modprobe openvswitch, then restart the agent"
             : "";
}

void Agent::Turn() {
  const auto ovs_problem = feed::CheckOvsVersion(ovsdb_.replica());
  if (ovs_problem && ovs_problem != ovs_problem_) log::Error("{}", ovs_problem->ToString());
  ovs_problem_ = ovs_problem;
  self_problems_.clear();
  if (auto self =
          feed::MakeSelf(options_.node_name, nodes_, *links_, ovsdb_.replica(), self_problems_))
    world_.self.Put(std::move(*self));
  verdicts_.Stamp(pipeline_.engine().Run());
  if (flows_.applied() > 0 && !announced_) Announce();
  if (ovsdb_seen_) WantBridge();
  bridge_.Reconcile();
  keeper_.Check();
  if (InputsKnown()) {
    host_.Reconcile();
    nat_.Reconcile();
    if (!announced_) firewall_.Audit();
    flows_.Begin();
    flows_.Changed();
  }
  verdicts_.Write();
}

void Agent::WantBridge() {
  const world::Self* self = world_.self.Find(0);
  apply::WantedBridge wanted{.name = feed::kBridge,
                             .datapath_type = DetectDatapath(options_.datapath),
                             .hwaddr = BridgeMac(options_.node_name)};
  wanted.facts.node = options_.node_name;
  wanted.facts.datapath = wanted.datapath_type == "netdev" ? ovsdb::BridgeFacts::Datapath::kNetdev
                                                           : ovsdb::BridgeFacts::Datapath::kSystem;
  wanted.facts.mark_layouts = pipeline::ToText(feed::MarkLayouts(ovsdb_.replica()));
  wanted.tunnel_known = self != nullptr;
  if (self != nullptr) {
    wanted.facts.pod_ranges = self->pod_ranges;
    wanted.facts.mtu = self->mtu;
    // A new pod is attached only while it can be known what it may do.
    wanted.facts.agent_ready = promised_ && !retiring_ && !ovs_problem_ && source_problems_.empty();
  }
  pipeline_.engine().Drain<pipeline::TunnelPort>();
  pipeline_.engine().desired<pipeline::TunnelPort>().ForEach([&](const pipeline::TunnelPort& port) {
    wanted.tunnel = apply::WantedBridge::Tunnel{
        port.name, port.type, {port.options.begin(), port.options.end()}, port.ofport};
  });
  bridge_.Want(std::move(wanted));
}

// Everything works: promise it to the plugin, and when OVSDB shows that, tell the kubelet, last of
// all.
void Agent::Announce() {
  if (retiring_) return;
  promised_ = true;
  const ovsdb::Bridge* bridge = ovsdb_.replica().bridges.Find(feed::kBridge);
  if (bridge == nullptr || !bridge->external_ids.contains(ovsdb::kAgentKey)) return;
  auto installed = InstallCniPlugins(options_);
  if (installed) installed = WriteCniConfig(options_);
  const std::string problem = installed ? "" : installed.error().message;
  if (problem != cni_problem_ && !installed) log::Error("CNI: {}", problem);
  cni_problem_ = problem;
  if (!installed) return;
  announced_ = true;
  log::Info("ready");
  WriteStatus();  // Nodes wait for that
}

void Agent::LookRound() {
  ++rounds_;
  keeper_.Check();
  keeper_.Reap();
  if (rounds_ % kRoundsToAudit == 0) {
    flows_.Audit();
    other_network_ = ConfigBeforeOurs(options_);
  }
  if (flows_.applied() > 0 && !announced_) Announce();
  bridge_.Reconcile();
  if (InputsKnown()) {
    host_.Reconcile();
    firewall_.Audit();
  }
  nat_.Audit();
  verdicts_.Write();
  events_.Check(loop_.Now(), serving(), Problems());
  WriteStatus();
}

void Agent::WriteStatus() {
  if (nodes_.own() == nullptr || retiring_) return;
  const kube::VSwitchConfigStatus status = StatusOf(*this, written_);
  const bool flipped = status.conditions != written_.conditions;
  const bool due = loop_.Now() - written_at_ >= kStatusInterval;
  if (status == written_ || !(flipped || due)) return;
  kube::VSwitchConfig config;
  config.meta.name = options_.node_name;
  config.status = status;
  written_ = status;
  written_at_ = loop_.Now();
  source_->Apply(config, kManager, [this](const Result<>& done) {
    const std::string failure = done ? "" : done.error().message;
    if (std::exchange(status_failure_, failure) != failure && !done)
      log::Warning("status: {}; trying again", failure);
    if (!done) written_ = {};
  });
}

void Agent::Retire(std::function<void()> done) {
  retiring_ = true;
  if (ovsdb_seen_) WantBridge();
  // Enough for the one transaction; if OVSDB is away, the promise is as good as gone.
  round_.Stop();
  turn_.Stop();
  static constexpr auto kFarewell = std::chrono::milliseconds(100);
  farewell_ = std::make_unique<io::Timer>(loop_, std::move(done));
  farewell_->Start(kFarewell);
}

std::vector<Problem> Agent::Problems() const {
  std::vector<Problem> all;
  const auto add = [&](const std::string& object, const char* field, const std::string& message) {
    if (!message.empty()) all.push_back({object, field, message});
  };
  add("OVSDB", "connection",
      ovsdb_down_.empty() ? "" : ovsdb_down_ + "; try: systemctl status openvswitch-switch");
  if (ovs_problem_) all.push_back(*ovs_problem_);
  if (bridge_.problem()) all.push_back(*bridge_.problem());
  all.insert(all.end(), self_problems_.begin(), self_problems_.end());
  if (all.empty() && !switch_down_.empty())
    add("OpenFlow", "connection",
        switch_down_ + "; is ovs-vswitchd running? try: systemctl status openvswitch-switch");
  if (const kube::VSwitchConfig* own = nodes_.own()) {
    const auto* accepted =
        kube::FindCondition(own->status.conditions, kube::VSwitchConfig::kAccepted);
    if (accepted && accepted->status == "False")
      add("VSwitchConfig/" + options_.node_name, "status.conditions[Accepted]", accepted->message);
  }
  add("OVSDB", "storage", ovsdb_.unwritable());
  all.insert(all.end(), source_problems_.begin(), source_problems_.end());
  if (source_problems_.empty()) add("Kubernetes", "status", status_failure_);
  for (const auto& [change, reason] : flows_.refused())
    add("OpenFlow", "flow", "refused by the switch: " + reason);
  all.insert(all.end(), host_problems_.begin(), host_problems_.end());
  add("Host", "network", host_.problem());
  add("Host", "masquerade", nat_.problem());
  all.insert(all.end(), firewall_.problems().begin(), firewall_.problems().end());
  add("CNI", "installation", cni_problem_);
  if (announced_ && !other_network_.empty())
    add("CNI", "configuration",
        fmt::format("{} comes before ours by name, and new pods get that network; remove it from "
                    "/etc/cni/net.d of this node",
                    other_network_));
  for (const auto& [name, problem] : ports_.problems()) all.push_back(problem);
  const auto rules = pipeline_.Problems();
  all.insert(all.end(), rules.begin(), rules.end());
  return all;
}

}  // namespace kvs::agent
