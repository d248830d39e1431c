#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/cni_install.h"
#include "agent/options.h"
#include "apply/frame/reconciler_of.h"
#include "apply/targets/bridge_target.h"
#include "apply/targets/firewall_target.h"
#include "apply/targets/ingress_target.h"
#include "apply/targets/kernel_target.h"
#include "apply/targets/limit_targets.h"
#include "apply/targets/nft_target.h"
#include "apply/targets/pod_port_target.h"
#include "apply/targets/settings_target.h"
#include "apply/targets/switch_target.h"
#include "io/loop.h"
#include "openflow/connection.h"
#include "ovsdb/session.h"
#include "ovsdb/unixctl.h"
#include "pipeline/plan.h"

namespace kvs::agent {

// Everything that is kept equal to what is desired: a reconciler per target, in the order in which
// a node is set up. The engine has what rules give out; `wanted` has the rest.
struct Outputs {
  struct Inputs {
    pipeline::Engine& engine;
    ovsdb::Session& ovsdb;
    openflow::Connection& openflow;
    ovsdb::Unixctl& vswitchd;
    std::function<void()> plan_ports;     // updates wanted.ports
    std::function<void()> on_change;      // applied() or Problems() may have changed
    std::function<std::string()> writer;  // the process that changed nftables last; "": unknown
  };

  Outputs(io::Loop& loop, const Options& options, Inputs inputs);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs();  // in outputs.cc, so that no other file compiles the reconcilers

  void Begin();      // all that don't begin at a time of their own
  void Reconcile();  // all
  void Audit();      // all
  // The least revision in effect in all targets that a pod needs; 0: not yet.
  uint64_t applied() const;

  struct Wanted {
    engine::Desired<apply::BridgeConfig> bridge;
    engine::Desired<apply::PodPort> ports;
    engine::Desired<apply::Pass> passes;
    engine::Desired<apply::ConntrackLimit> connections;
    engine::Desired<apply::FragmentLimit> fragments;
    engine::Desired<CniFile> files;
    engine::Desired<apply::ForeignFlow> foreign_flows;  // always empty
  } wanted;

  struct Targets {
    apply::BridgeTarget bridge;
    apply::TunnelTarget tunnel;
    apply::PodPortTarget ports;
    apply::SettingsTarget settings;
    apply::KernelTarget kernel;
    apply::IngressTarget ingress;
    apply::NftTarget nft;
    apply::FirewallTarget firewall;
    apply::SwitchTarget flows;
    apply::ConntrackLimitTarget connections;
    apply::FragmentLimitTarget fragments;
    CniFilesTarget files;
  } targets;

  apply::ReconcilerOf<apply::BridgeConfig> bridge;
  apply::ReconcilerOf<pipeline::TunnelPort> tunnel;
  apply::ReconcilerOf<apply::PodPort> ports;
  apply::ReconcilerOf<pipeline::KernelSetting> settings;
  apply::ReconcilerOf<pipeline::HostLink, pipeline::HostAddress, pipeline::HostNeighbour,
                      pipeline::HostRoute>
      kernel;
  apply::ReconcilerOf<pipeline::IngressDrop> ingress;
  apply::ReconcilerOf<pipeline::AddressSetMember> nft;
  apply::ReconcilerOf<apply::Pass> firewall;
  apply::ReconcilerOf<flow::Flow, flow::Group, flow::Meter, apply::ForeignFlow> flows;
  apply::ReconcilerOf<apply::ConntrackLimit> connections;
  apply::ReconcilerOf<apply::FragmentLimit> fragments;
  apply::ReconcilerOf<CniFile> files;

  const std::vector<apply::Reconciler*> all;
  const std::vector<apply::Reconciler*> in_ovsdb;
  const std::vector<apply::Reconciler*> in_switch;
  const std::vector<const apply::Reconciler*> needed_by_pods;
};

}  // namespace kvs::agent
