#include "apply/targets/firewall_target.h"

#include <fmt/ranges.h>
#include <linux/netfilter.h>

#include <algorithm>
#include <cerrno>

#include "apply/targets/nft.h"
#include "base/log.h"

namespace kvs::apply {
namespace {

using netlink::FilterChain;

constexpr std::string_view kOurs = "k-vswitch: ";  // begins the comments of our rules

std::vector<uint8_t> BytesOf(std::string_view text) { return {text.begin(), text.end()}; }

Pass UdpPass(const std::string& tunnel, uint16_t port) {
  return {.hook = FilterChain::Hook::kInput,
          .comment = std::string(kOurs) + tunnel,
          .match = fmt::format("udp dport {}", port),
          .sought = {static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)},
          .firewall_cmd = fmt::format("--add-port={}/udp", port)};
}

// "ip filter FORWARD"
std::string NameOf(const FilterChain& chain) {
  const char* family = chain.family == NFPROTO_IPV4   ? "ip"
                       : chain.family == NFPROTO_IPV6 ? "ip6"
                                                      : "inet";
  return fmt::format("{} {} {}", family, chain.table, chain.name);
}

bool Wants(const FilterChain& chain, const Pass& pass) {
  return chain.drops && chain.hook == pass.hook;
}

}  // namespace

std::vector<Pass> PassesFor(const std::string& bridge, const std::string& tunnel) {
  std::vector<Pass> passes;
  for (const auto& [comment, match] : {std::pair("from pods", "iifname"), {"to pods", "oifname"}})
    passes.push_back({.hook = FilterChain::Hook::kForward,
                      .comment = std::string(kOurs) + comment,
                      .match = fmt::format("{} \"{}\"", match, bridge),
                      .sought = BytesOf(bridge),
                      .firewall_cmd = "--zone=trusted --add-interface=" + bridge});
  if (tunnel == "vxlan") passes.push_back(UdpPass(tunnel, pipeline::kVxlanPort));
  if (tunnel == "geneve") passes.push_back(UdpPass(tunnel, pipeline::kGenevePort));
  if (tunnel == "gre")
    passes.push_back({.hook = FilterChain::Hook::kInput,
                      .comment = std::string(kOurs) + tunnel,
                      .match = fmt::format("meta l4proto {}", pipeline::kGreProtocol),
                      .sought = {pipeline::kGreProtocol},
                      .firewall_cmd = "--add-protocol=gre"});
  return passes;
}

std::vector<std::string> CommandsFor(const std::vector<FilterChain>& chains,
                                     const std::vector<Pass>& passes) {
  std::vector<std::string> commands;
  for (const FilterChain& chain : chains) {
    if (chain.owned) continue;
    for (const auto& rule : chain.rules) {
      const bool wanted = std::ranges::any_of(passes, [&](const Pass& pass) {
        return Wants(chain, pass) && pass.comment == rule.comment;
      });
      if (rule.comment.starts_with(kOurs) && !wanted)
        commands.push_back(fmt::format("delete rule {} handle {}", NameOf(chain), rule.handle));
    }
    for (const Pass& pass : passes) {
      const bool there = std::ranges::any_of(
          chain.rules, [&](const auto& rule) { return rule.comment == pass.comment; });
      if (Wants(chain, pass) && !there)
        commands.push_back(fmt::format("insert rule {} {} counter accept comment \"{}\"",
                                       NameOf(chain), pass.match, pass.comment));
    }
  }
  return commands;
}

Problem InTheWay(const FilterChain& chain, const Pass& pass) {
  const std::string remedy =
      chain.table == "firewalld"
          ? fmt::format("run: firewall-cmd --permanent {} && firewall-cmd --reload",
                        pass.firewall_cmd)
          : fmt::format("add this rule to it: {} accept", pass.match);
  return {"Host", "firewall",
          fmt::format("nftables chain {} drops packets of pods or the overlay, and only its owner "
                      "may change it; {}",
                      NameOf(chain), remedy),
          "FirewallInTheWay"};
}

Result<FirewallTarget::Obstacles> FirewallTarget::Read() {
  auto read = ReadChains();
  // ENOENT: a table was deleted while it was read.
  for (int again = 10; again > 0 && !read && read.error().code == ENOENT; --again)
    read = ReadChains();
  return read;
}

Result<FirewallTarget::Obstacles> FirewallTarget::ReadChains() {
  if (auto opened = netlink::Socket::OpenNetfilterOnce(netfilter_); !opened)
    return tl::unexpected<Error>(opened.error());
  std::vector<Pass> passes;
  desired_.ForEach([&](const Pass& pass) { passes.push_back(pass); });
  std::ranges::sort(passes, {}, &Pass::comment);
  const auto chains = netlink::ReadFilterChains(*netfilter_);
  if (!chains) return tl::unexpected<Error>(chains.error());
  Obstacles obstacles{.commands = CommandsFor(*chains, passes), .problems = {}};
  for (const FilterChain& chain : *chains)
    for (const Pass& pass : passes) {
      if (!chain.owned || !Wants(chain, pass)) continue;
      const auto known = netlink::ComparesWith(*netfilter_, chain, pass.sought);
      if (!known) return tl::unexpected<Error>(known.error());
      if (!*known) obstacles.problems.emplace_back(pass.comment, InTheWay(chain, pass));
    }
  return obstacles;
}

void FirewallTarget::Dump(OnContents done) {
  const auto obstacles = Read();
  if (!obstacles) return done(tl::unexpected<Error>(obstacles.error()));
  Contents contents;
  desired_.ForEach([&](const Pass& pass) {
    const bool in_the_way = std::ranges::any_of(
        obstacles->problems, [&](const auto& problem) { return problem.first == pass.comment; });
    std::get<0>(contents).push_back({pass, obstacles->commands.empty() && !in_the_way});
  });
  done(std::move(contents));
}

// What drops the packets of any pass, in the present chains.
void FirewallTarget::Apply(const Deltas&, OnOutcome done) {
  const auto obstacles = Read();
  Outcome<Pass> outcome;
  if (!obstacles) {
    outcome.error = obstacles.error();
    return done(outcome);
  }
  for (const auto& [comment, problem] : obstacles->problems) outcome.Refuse<Pass>(comment, problem);
  if (obstacles->commands.empty()) return done(outcome);
  process_ = RunNft(loop_, fmt::format("{}\n", fmt::join(obstacles->commands, "\n")),
                    [this, outcome, commands = obstacles->commands,
                     done = std::move(done)](const std::string& problem) mutable {
                      const auto over = std::move(process_);
                      if (problem.empty())
                        log::Info("firewall: {}", fmt::join(commands, "; "));
                      else
                        outcome.error = Error{problem};
                      done(outcome);
                    });
}

}  // namespace kvs::apply
