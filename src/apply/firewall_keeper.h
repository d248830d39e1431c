#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "io/loop.h"
#include "io/process.h"
#include "netlink/filter_chain.h"
#include "netlink/socket.h"
#include "pipeline/plan.h"

namespace kvs::apply {

// What every filter of the host must let through, or pods are cut off.
struct Pass {
  netlink::FilterChain::Hook hook = netlink::FilterChain::Hook::kForward;
  std::string comment;          // of our rule, by which we know it again: "k-vswitch: from pods"
  std::string match;            // as nft(8) writes it: iifname "k-vswitch0"
  std::vector<uint8_t> sought;  // what a rule of somebody else for it would compare with
  std::string firewall_cmd;     // what firewall-cmd(1) calls it: --add-port=4789/udp

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
// Our rules stay when the agent ends: the datapath goes on.
class FirewallKeeper {
 public:
  FirewallKeeper(io::Loop& loop, const pipeline::Engine& engine, std::string bridge);

  // Looks whether a ruleset has changed, and mends what is not as it should be.
  void Audit();
  uint64_t repairs() const { return repairs_; }
  const std::set<Problem>& problems() const { return problems_; }

 private:
  Result<> Look(const std::vector<Pass>& passes);
  Result<std::set<Problem>> FindInTheWay(const std::vector<netlink::FilterChain>& chains,
                                         const std::vector<Pass>& passes);
  void Run(const std::vector<std::string>& commands, bool repair);
  void Tell(std::set<Problem> problems);

  io::Loop& loop_;
  const pipeline::Engine& engine_;
  std::string bridge_;
  std::vector<Pass> passes_;            // as last looked for, and
  std::optional<uint32_t> generation_;  // of the rulesets, when all was as it should be
  uint64_t repairs_ = 0;
  std::set<Problem> problems_;
  std::unique_ptr<netlink::Socket> netfilter_;
  std::unique_ptr<io::Process> process_;
};

}  // namespace kvs::apply
