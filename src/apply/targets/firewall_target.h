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

// Packets that every filter of the host must accept, or pods are disconnected.
struct Pass {
  netlink::FilterChain::Hook hook = netlink::FilterChain::Hook::kForward;
  std::string comment;          // of our rule; identifies it: "k-vswitch: from pods"
  std::string match;            // as nft(8) writes it: iifname "k-vswitch0"
  std::vector<uint8_t> sought;  // the value that others' rules for it compare with
  std::string firewall_cmd;     // as an option of firewall-cmd(1): --add-port=4789/udp

  const std::string& id() const { return comment; }
  friend bool operator==(const Pass&, const Pass&) = default;
};

// Packets to and from the pods by `bridge`; and the tunnel's packets if `tunnel` (an
// Interface.type) isn't empty. Connections of pods to the node itself are the host's firewall's
// business.
std::vector<Pass> PassesFor(const std::string& bridge, const std::string& tunnel);

// Commands of nft(8) after which each chain that drops unknown packets has our rules, as its first
// ones, and no other chain has any. Chains with an owner can't be changed, and chains that drop
// only specific packets are left alone: they reflect the intent of whoever wrote them.
std::vector<std::string> CommandsFor(const std::vector<netlink::FilterChain>& chains,
                                     const std::vector<Pass>& passes);

// The problem with a chain that is in the way and can't be changed.
Problem InTheWay(const netlink::FilterChain& chain, const Pass& pass);

// Makes other firewalls on this node accept pods' packets (Docker's policy DROP of FORWARD,
// firewalld, ufw). An accept in a table of ours would not help, because every chain of a hook is
// evaluated. A pass is in effect when no chain drops its packets. Our rules stay when the agent
// stops, because the datapath goes on.
class FirewallTarget final : public Target<Pass> {
 public:
  // `desired`: the passes to check.
  FirewallTarget(io::Loop& loop, const engine::Desired<Pass>& desired)
      : loop_(loop), desired_(desired) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  // What is in the way: the commands that change it, and problems where only the chain's owner can.
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
