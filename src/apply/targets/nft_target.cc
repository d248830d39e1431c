#include "apply/targets/nft_target.h"

#include <fmt/ranges.h>
#include <linux/netfilter.h>

#include <map>

#include "apply/targets/nft.h"
#include "netlink/filter_chain.h"
#include "netlink/nft_content.h"
#include "netlink/nftables.h"

namespace kvs::apply {
namespace {

using pipeline::AddressSetMember;
using Members = std::set<AddressSetMember>;

// How often the table is written again when other programs change rulesets at the same moment,
// before it is left to the next dump.
constexpr int kTries = 5;

constexpr std::pair<AddressSetMember::Set, const char*> kSets[] = {
    {AddressSetMember::Set::kMasqueraded, "masqueraded"},
    {AddressSetMember::Set::kCluster, "cluster"},
    {AddressSetMember::Set::kGuarded, "guarded"},
    {AddressSetMember::Set::kTunnelEnds, "tunnel_ends"},
    {AddressSetMember::Set::kDenied, "denied"},
};

// The prefixes of each set of the table. A prefix within another one of its set is left out,
// because a set can't contain overlaps.
std::map<std::string, std::vector<Prefix>> ElementsOf(const Members& members) {
  std::map<std::string, std::vector<Prefix>> sets;
  for (const auto& [set, name] : kSets)
    for (const char* family : {"4", "6"}) sets[std::string(name) + family];
  for (const AddressSetMember& member : members) {  // in order: the wider of two comes first
    std::string name;
    for (const auto& [set, text] : kSets)
      if (set == member.set) name = text;
    auto& prefixes = sets[name + (member.prefix.address().is6() ? "6" : "4")];
    if (prefixes.empty() || !prefixes.back().Contains(member.prefix))
      prefixes.push_back(member.prefix);
  }
  return sets;
}

std::string SetText(const std::string& name, const std::vector<Prefix>& elements) {
  return fmt::format("  set {} {{ type {}; flags interval; {} }}\n", name,
                     name.ends_with('6') ? "ipv6_addr" : "ipv4_addr",
                     elements.empty() ? "" : fmt::format("elements = {{ {} }};", Join(elements)));
}

// Rules with `verdict` for tunnels' packets that `which` selects, of one family: `ip` is "ip" or
// "ip6", `f` "4" or "6".
std::string OfTunnels(const char* ip, const char* f, const std::string& which,
                      const char* verdict) {
  // A number, because /etc/protocols may be missing.
  return fmt::format(
      "    {0}{1} daddr @tunnel_ends{2} udp dport {{ {3}, {4} }} {6}\n"
      "    {0}{1} daddr @tunnel_ends{2} meta l4proto {5} {6}\n",
      which, ip, f, pipeline::kVxlanPort, pipeline::kGenevePort, pipeline::kGreProtocol, verdict);
}

std::string Chains(const std::string& bridge) {
  std::string between, out, postrouting, forward;
  for (const auto& [ip, f] : {std::pair("ip", "4"), {"ip6", "6"}}) {
    // Tunnel packets between nodes are not tracked, and so never translated: otherwise a hostPort
    // or a Service with a tunnel's port would redirect them.
    between += OfTunnels(ip, f, fmt::format("{} saddr @tunnel_ends{} ", ip, f), "notrack");
    // Pods' packets that leave the cluster.
    postrouting += fmt::format(
        "    {0} saddr @masqueraded{1} {0} daddr != @cluster{1} oifname != \"{2}\" masquerade\n",
        ip, f, bridge);
    // The node's own packets to pods of other nodes from an address that those don't know as this
    // node's: one of another link, or of a family without a tunnel.
    postrouting += fmt::format(
        "    {0} saddr @guarded{1} {0} saddr != @cluster{1} {0} saddr != @tunnel_ends{1} "
        "{0} daddr @cluster{1} {0} daddr != @masqueraded{1} oifname \"{2}\" masquerade\n",
        ip, f, bridge);
    forward += fmt::format("    {0} saddr @guarded{1} iifname != \"{2}\" oifname \"{2}\" drop\n",
                           ip, f, bridge);
    forward += fmt::format("    iifname \"{2}\" {0} daddr @denied{1} drop\n", ip, f, bridge);
    // Only a node itself may send into a tunnel: forwarded packets, perhaps translated, would be
    // trusted at the other end.
    forward += OfTunnels(ip, f, "", "drop");
    // The same for packets that IPVS translates, which look like the node's own.
    out += OfTunnels(ip, f, fmt::format("{} saddr != @tunnel_ends{} ", ip, f), "drop");
    out += fmt::format("    {0} saddr @masqueraded{1} {0} daddr @denied{1} drop\n", ip, f);
  }
  return fmt::format(
      "  chain prerouting {{\n"
      "    type filter hook prerouting priority -300; policy accept;\n{0}  }}\n"
      "  chain output {{\n"
      "    type filter hook output priority -300; policy accept;\n{0}  }}\n"
      "  chain out {{\n"
      "    type filter hook postrouting priority 90; policy accept;\n{3}  }}\n"
      "  chain postrouting {{\n"
      "    type nat hook postrouting priority 100; policy accept;\n{1}  }}\n"
      "  chain forward {{\n"
      "    type filter hook forward priority -10; policy accept;\n{2}  }}\n",
      between, postrouting, forward, out);
}

}  // namespace

std::string Ruleset(const Members& members, const std::string& bridge) {
  std::string text =
      "add table inet k-vswitch\n"  // so that the next line never fails
      "delete table inet k-vswitch\n"
      "table inet k-vswitch {\n";
  for (const auto& [name, elements] : ElementsOf(members)) text += SetText(name, elements);
  return text + Chains(bridge) + "}\n";
}

std::string ElementChanges(const Members& before, const Members& now) {
  std::string text;
  const auto old_sets = ElementsOf(before);
  for (const auto& [name, elements] : ElementsOf(now)) {
    const auto& old = old_sets.at(name);
    const auto lacking = [](const std::vector<Prefix>& from, const std::vector<Prefix>& in) {
      std::vector<Prefix> some;
      std::ranges::set_difference(from, in, std::back_inserter(some));
      return some;
    };
    for (const auto& [verb, some] :
         {std::pair("delete", lacking(old, elements)), {"add", lacking(elements, old)}})
      if (!some.empty())
        text += fmt::format("{} element inet k-vswitch {} {{ {} }}\n", verb, name, Join(some));
  }
  return text;
}

// Reading a table takes several dumps: they are consistent if no transaction came between.
Result<NftTarget::Reading> NftTarget::Read() {
  if (auto opened = netlink::Socket::OpenNetfilterOnce(socket_); !opened)
    return tl::unexpected<Error>(opened.error());
  for (int tries = kTries; tries > 0; --tries) {
    const auto before = netlink::RulesetGeneration(*socket_);
    if (!before) return tl::unexpected<Error>(before.error());
    const auto content = netlink::ReadTableContent(*socket_, NFPROTO_INET, netlink::kNftTable);
    if (!content) return tl::unexpected<Error>(content.error());
    const auto after = netlink::RulesetGeneration(*socket_);
    if (!after) return tl::unexpected<Error>(after.error());
    if (*before == *after) return Reading{*content, *after};
  }
  return Fail("rulesets change faster than they can be read; trying again");
}

void NftTarget::Dump(OnContents done) {
  const auto there = Read();
  if (!there) return done(tl::unexpected<Error>(there.error()));
  const bool whole = content_ && there->content == content_;
  if (!whole) content_.reset();
  Contents contents;
  if (there->content)
    for (const AddressSetMember& member : members_)
      std::get<0>(contents).push_back({member, whole});
  done(std::move(contents));
}

void NftTarget::Apply(const Deltas& deltas, OnOutcome done) {
  Members members = members_;
  for (const auto& change : std::get<0>(deltas).changes) {
    if (change.before != nullptr) members.erase(*change.before);
    if (change.now != nullptr) members.insert(*change.now);
  }
  Write(std::move(members), kTries, done);
}

// Elements are changed only in exactly the table that we wrote; otherwise the whole table is
// written. The kernel's content after the write is known to be ours if no other transaction came
// between.
void NftTarget::Write(Members members, int tries, const OnOutcome& done) {
  const auto fail = [done](const Error& error) {
    Outcome<AddressSetMember> outcome;
    outcome.error = error;
    done(outcome);
  };
  const auto before = Read();
  if (!before) return fail(before.error());
  if (before->content != content_) content_.reset();
  const std::string commands =
      content_ ? ElementChanges(members_, members) : Ruleset(members, bridge_);
  if (commands.empty()) {
    members_ = std::move(members);
    return done({});
  }
  process_ = RunNft(loop_, commands,
                    [this, members = std::move(members), generation = before->generation + 1, tries,
                     fail, done](const std::string& problem) mutable {
                      const auto over = std::move(process_);
                      content_.reset();
                      if (!problem.empty()) return fail(Error{problem});
                      members_ = members;
                      const auto there = Read();
                      if (!there) return fail(there.error());
                      if (there->generation == generation) {
                        generation_ = generation;
                        content_ = there->content;
                        return done({});
                      }
                      if (tries > 0) return Write(std::move(members), tries - 1, done);
                      fail(Error{"other programs change rulesets at the same time; trying again"});
                    });
}

}  // namespace kvs::apply
