#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "base/problem.h"
#include "engine/desired.h"
#include "io/loop.h"
#include "io/process.h"
#include "netlink/filter_chain.h"
#include "netlink/socket.h"
#include "pipeline/items.h"

namespace kvs::apply {

// What every filter of the host must let through, or pods are cut off.
struct Pass {
  netlink::FilterChain::Hook hook = netlink::FilterChain::Hook::kForward;
  std::string comment;          // of our rule, by which we know it again: "k-vswitch: from pods"
  std::string match;            // as nft(8) writes it: iifname "k-vswitch0"
  std::vector<uint8_t> sought;  // what a rule of somebody else for it would compare with
  std::string firewall_cmd;     // what firewall-cmd(1) calls it: --add-port=4789/udp

  const std::string& id() const { return comment; }
  friend bool operator==(const Pass&, const Pass&) = default;
};

// To and from the pods, by `bridge`; and the tunnel's packets if `tunnel` (an Interface.type) isn't
// empty. What pods may ask of the node itself is for the host's firewall to say.
std::vector<Pass> PassesFor(const std::string& bridge, const std::string& tunnel);

// The changes, as commands of nft(8), after which each chain that drops what it doesn't know has
// our rules, first of all, and no other chain has one. Chains that somebody owns can't be changed,
// and chains that drop only what they name are left alone: that is their maker's will, and not
// about us.
std::vector<std::string> CommandsFor(const std::vector<netlink::FilterChain>& chains,
                                     const std::vector<Pass>& passes);

// The problem with a chain that is in the way and can't be changed.
Problem InTheWay(const netlink::FilterChain& chain, const Pass& pass);

// Gets pods' packets past the firewalls of others on this node (Docker's policy DROP of FORWARD,
// firewalld, ufw). An accept in a table of ours would not help, as every chain of a hook is asked.
// A pass is there when no chain is in its way. Our rules stay when the agent ends: the datapath
// goes on.
class FirewallTarget final : public Target<Pass> {
 public:
  // `desired`: the passes that are looked for.
  FirewallTarget(io::Loop& loop, const engine::Desired<Pass>& desired)
      : loop_(loop), desired_(desired) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  // What is in the way: commands that change it, problems where nobody but its maker may.
  struct Obstacles {
    std::vector<std::string> commands;
    std::vector<std::pair<std::string, Problem>> problems;  // with the comment of the pass
  };

  Result<Obstacles> Read();
  Result<Obstacles> ReadChains();

  io::Loop& loop_;
  const engine::Desired<Pass>& desired_;
  std::unique_ptr<netlink::Socket> netfilter_;
  std::unique_ptr<io::Process> process_;
};

}  // namespace kvs::apply
