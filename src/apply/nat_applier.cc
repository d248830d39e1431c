#include "apply/nat_applier.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "apply/nft.h"
#include "base/log.h"
#include "netlink/nftables.h"

namespace kvs::apply {
namespace {

constexpr auto kRetry = std::chrono::seconds(2);

std::string RuleOf(const pipeline::Masquerade& item, const std::string& bridge) {
  const char* ip = item.source.address().is6() ? "ip6" : "ip";
  const std::string except =
      item.except.empty() ? ""
                          : fmt::format(" {} daddr != {{ {} }}", ip, fmt::join(item.except, ", "));
  return fmt::format("{} saddr {}{} oifname != \"{}\" masquerade", ip, item.source, except, bridge);
}

std::string RuleOf(const pipeline::SourceGuard& item, const std::string& bridge) {
  return fmt::format("{} saddr {} iifname != \"{}\" oifname \"{}\" drop",
                     item.source.address().is6() ? "ip6" : "ip", item.source, bridge, bridge);
}

// All that the pipeline wants of a kind, in order.
template <class Item>
std::vector<Item> Wanted(pipeline::Engine& engine) {
  engine.Drain<Item>();
  std::vector<Item> items;
  engine.desired<Item>().ForEach([&](const Item& item) { items.push_back(item); });
  std::ranges::sort(items);
  return items;
}

}  // namespace

std::string NatRuleset(const std::vector<pipeline::Masquerade>& masquerades,
                       const std::vector<pipeline::SourceGuard>& guards,
                       const std::string& bridge) {
  std::string text =
      "add table inet k-vswitch\n"  // so that the next line never fails
      "delete table inet k-vswitch\n"
      "add table inet k-vswitch\n"
      "add chain inet k-vswitch postrouting { type nat hook postrouting priority 100; policy "
      "accept; }\n";
  for (const auto& item : masquerades)
    text += "add rule inet k-vswitch postrouting " + RuleOf(item, bridge) + "\n";
  text +=
      "add chain inet k-vswitch forward { type filter hook forward priority -10; policy accept; "
      "}\n";
  for (const auto& item : guards)
    text += "add rule inet k-vswitch forward " + RuleOf(item, bridge) + "\n";
  return text;
}

NatApplier::NatApplier(io::Loop& loop, pipeline::Engine& engine, std::string bridge)
    : loop_(loop), engine_(engine), bridge_(std::move(bridge)), retry_(loop, [this] { Run(); }) {}

void NatApplier::Reconcile() {
  const auto masquerades = Wanted<pipeline::Masquerade>(engine_);
  const auto guards = Wanted<pipeline::SourceGuard>(engine_);
  if (masquerades.empty()) return;
  wanted_ = NatRuleset(masquerades, guards, bridge_);
  masquerades_ = masquerades.size();
  guards_ = guards.size();
  if (!process_ && wanted_ != applied_) Run();
}

void NatApplier::Audit() {
  if (process_ || applied_.empty() || applied_ != wanted_) return;
  if (!netfilter_) {
    auto socket = netlink::Socket::OpenNetfilter();
    if (!socket) return;
    netfilter_ = std::move(*socket);
  }
  const auto masquerades = netlink::CountInetRules(*netfilter_, "k-vswitch", "postrouting");
  const auto guards = netlink::CountInetRules(*netfilter_, "k-vswitch", "forward");
  if (!masquerades || !guards || (*masquerades == masquerades_ && *guards == guards_)) return;
  log::Warning("masquerade: table inet k-vswitch was changed; writing it again");
  ++repairs_;
  Run();
}

void NatApplier::Run() {
  const std::string running = wanted_;
  process_ = RunNft(loop_, running, [this, running](const std::string& problem) {
    process_.reset();
    if (!problem.empty() && problem != problem_) log::Warning("masquerade: {}", problem);
    problem_ = problem;
    if (!problem.empty()) return retry_.Start(kRetry);
    applied_ = running;
    if (wanted_ != applied_) Run();
  });
}

}  // namespace kvs::apply
