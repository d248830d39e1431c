#include "agent/outputs.h"

#include <algorithm>

namespace kvs::agent {
namespace {

using apply::Pace;
using std::chrono_literals::operator""ms;

// Interval of dumps without a notification, for targets whose changes the kernel or the switch
// reports: it finds changes whose notifications were lost.
constexpr Pace::Limits kTold{.audit = 20000ms};
constexpr Pace::Limits kNotTold{.audit = 4000ms};
// After a change by another program, wait for its further changes.
constexpr Pace::Limits kSwitch{.settle = 200ms, .audit = 20000ms};

apply::ReconcilerOptions Part(std::string name, const Outputs::Inputs& inputs,
                              const Pace::Limits& limits, bool essential = true) {
  return {.name = std::move(name),
          .essential = essential,
          .revision = [engine = &inputs.engine] { return engine->revision(); },
          .on_change = inputs.on_change,
          .limits = limits};
}

// The name of our datapath for dpctl.
std::function<std::string()> Datapath(const ovsdb::Session& session) {
  return [&session] {
    const ovsdb::Bridge* bridge = session.replica().bridges.Find(ovsdb::kBridgeName);
    return ovsdb::DatapathOf(bridge == nullptr ? "" : bridge->datapath_type);
  };
}

// For targets in nftables, where the kernel reports the writer.
apply::ReconcilerOptions Table(std::string name, const Outputs::Inputs& inputs) {
  auto options = Part(std::move(name), inputs, {.audit = 20000ms, .most_repairs = 3});
  options.writer = inputs.writer;
  return options;
}

}  // namespace

Outputs::Outputs(io::Loop& loop, const Options& options, Inputs inputs)
    : targets{.bridge{inputs.ovsdb, wanted.bridge},
              .tunnel = apply::TunnelTarget(inputs.ovsdb),
              .ports{inputs.ovsdb, inputs.plan_ports},
              .settings{{options.settings_record(), options.proc_sys},
                        inputs.engine.desired<pipeline::KernelSetting>()},
              .kernel{ovsdb::kBridgeName, inputs.engine.desired<pipeline::HostLink>(),
                      inputs.engine.desired<pipeline::HostRoute>()},
              .ingress{},
              .nft{loop, ovsdb::kBridgeName},
              .firewall{loop, wanted.passes},
              .flows = apply::SwitchTarget(inputs.openflow),
              .connections{inputs.vswitchd, Datapath(inputs.ovsdb)},
              .fragments{inputs.vswitchd, Datapath(inputs.ovsdb)},
              .files{options, wanted.files}},
      bridge(loop, targets.bridge, Part("bridge", inputs, kTold), wanted.bridge),
      tunnel(loop, targets.tunnel, Part("tunnel port", inputs, kTold),
             inputs.engine.desired<pipeline::TunnelPort>()),
      ports(loop, targets.ports, Part("pods' ports", inputs, kTold, false), wanted.ports),
      settings(loop, targets.settings, Part("kernel settings", inputs, kNotTold, false),
               inputs.engine.desired<pipeline::KernelSetting>()),
      kernel(loop, targets.kernel, Part("host network", inputs, kNotTold),
             inputs.engine.desired<pipeline::HostLink>(),
             inputs.engine.desired<pipeline::HostAddress>(),
             inputs.engine.desired<pipeline::HostNeighbour>(),
             inputs.engine.desired<pipeline::HostRoute>()),
      ingress(loop, targets.ingress, Table("nftables netdev k-vswitch", inputs),
              inputs.engine.desired<pipeline::IngressDrop>()),
      nft(loop, targets.nft, Table("nftables inet k-vswitch", inputs),
          inputs.engine.desired<pipeline::AddressSetMember>()),
      firewall(loop, targets.firewall, Part("firewall", inputs, kTold, false), wanted.passes),
      flows(loop, targets.flows, Part("switch", inputs, kSwitch),
            inputs.engine.desired<flow::Flow>(), inputs.engine.desired<flow::Group>(),
            inputs.engine.desired<flow::Meter>(), wanted.foreign_flows),
      connections(loop, targets.connections, Part("limit of connections", inputs, kNotTold, false),
                  wanted.connections),
      fragments(loop, targets.fragments, Part("limit of fragments", inputs, kNotTold, false),
                wanted.fragments),
      files(loop, targets.files, Part("CNI files", inputs, kNotTold, false), wanted.files),
      all{&bridge, &tunnel,   &ports, &settings,    &kernel,    &ingress,
          &nft,    &firewall, &flows, &connections, &fragments, &files},
      in_ovsdb{&bridge, &tunnel, &ports},
      in_switch{&flows, &connections, &fragments},
      needed_by_pods{&bridge, &tunnel, &ports, &settings, &kernel, &ingress, &nft, &flows} {}

Outputs::~Outputs() = default;

void Outputs::Begin() {
  for (apply::Reconciler* part : all)
    if (part != &bridge && part != &connections && part != &files) part->Begin();
}

void Outputs::Reconcile() {
  for (apply::Reconciler* part : all) part->Reconcile();
}

void Outputs::Audit() {
  for (apply::Reconciler* part : all) part->Audit();
}

uint64_t Outputs::applied() const {
  return (*std::ranges::min_element(needed_by_pods, {}, &apply::Reconciler::applied))->applied();
}

}  // namespace kvs::agent
