#include "feed/node_feed.h"

#include <algorithm>

#include "base/usable.h"

namespace kvs::feed {

NodeFeed::NodeFeed(io::Loop& loop, kube::Source& source, std::string own_name, world::World& world,
                   std::function<void()> on_change, std::chrono::milliseconds timeout)
    : own_name_(std::move(own_name)),
      world_(world),
      on_change_(std::move(on_change)),
      timeout_(timeout),
      let_go_(loop, [this] { LetGo(); }) {
  subscription_ = source.Watch<kube::VSwitchConfig>({
      .on_put = [this](const kube::VSwitchConfig& config) { Put(config); },
      .on_erase = [this](const std::string& key) { Erase(key); },
      .on_synced =
          [this] {
            synced_ = true;
            on_change_();
          },
  });
}

const kube::VSwitchConfig* NodeFeed::own() const {
  const auto it = configs_.find(own_name_);
  return it == configs_.end() || deleted_.contains(own_name_) ? nullptr : &it->second;
}

void NodeFeed::Put(const kube::VSwitchConfig& config) {
  deleted_.erase(config.meta.name);
  if (!deleted_.empty()) let_go_.Start(timeout_);
  kube::VSwitchConfig& known = configs_[config.meta.name];
  const bool changed = known.meta.name.empty() || known.spec != config.spec;
  known = config;
  changed_ |= changed;
  if (changed || config.meta.name == own_name_) on_change_();
}

void NodeFeed::Erase(const std::string& name) {
  deleted_.insert(name);
  let_go_.Start(timeout_);
  on_change_();
}

void NodeFeed::LetGo() {
  if (deleted_.contains(own_name_)) return;
  for (const std::string& name : deleted_) {
    configs_.erase(name);
    accepted_.erase(name);
    world_.nodes.Erase(name);
  }
  deleted_.clear();
  changed_ = true;
  on_change_();
}

void NodeFeed::Update(const std::vector<Judge::Taken>& own, const std::vector<Ip>& servers) {
  std::vector<Judge::Taken> nobodys;
  nobodys.reserve(servers.size());
  for (const Ip& ip : servers) nobodys.push_back({ip, "the API server's"});
  std::vector<Judge::Taken> taken = own;
  taken.insert(taken.end(), nobodys.begin(), nobodys.end());
  if (!changed_ && taken == taken_) return;
  taken_ = std::move(taken);
  changed_ = false;
  problems_.clear();
  for (const auto& [name, config] : configs_)
    for (const Ip& ip : config.spec.overlay_ips)
      if (WhyNoOverlayIp(ip).empty())
        nobodys.push_back({ip, "the overlay address of node " + name});
  std::vector<Judge::Taken> all = own;
  all.insert(all.end(), nobodys.begin(), nobodys.end());
  // What this node's own links have of its own range is a matter of MakeSelf().
  judge_ = Judge(std::move(all));
  const Judge of_own(std::move(nobodys));
  for (const auto& [name, config] : configs_) {
    world::Node node = Accept(config, name == own_name_ ? of_own : judge_);
    accepted_.insert_or_assign(name, node);
    world_.nodes.Put(std::move(node));
  }
}

std::string NodeFeed::ObjectionToPod(const Ip& ip) const {
  if (std::string why = judge_.ObjectionToPod(ip); !why.empty()) return why;
  const auto in = [&](const std::vector<Prefix>& ranges) {
    return std::ranges::any_of(ranges, [&](const Prefix& range) { return range.Contains(ip); });
  };
  for (const auto& [name, node] : accepted_)
    if (name != own_name_ && in(node.pod_ranges))
      return fmt::format("{} is in {}, the pod range of node {}; choose another address", ip,
                         Join(node.pod_ranges), name);
  if (const kube::VSwitchConfig* config = own(); config && in(config->spec.service_cidrs))
    return fmt::format("{} is in {}, the range of Services; choose another address", ip,
                       Join(config->spec.service_cidrs));
  return "";
}

// A node of which anything is refused keeps what it had of that.
world::Node NodeFeed::Accept(const kube::VSwitchConfig& config, const Judge& judge) {
  world::Node node{.name = config.meta.name};
  const auto last = accepted_.find(node.name);
  const auto report = [&](const char* field, const std::string& objection) {
    problems_.push_back({"VSwitchConfig/" + node.name, field,
                         objection + "; refused: the last accepted value is used", "Refused"});
  };
  bool ranges = true, ends = true;
  for (const Prefix& range : config.spec.pod_cidrs)
    if (const std::string objection = judge.ObjectionToPods(range); !objection.empty()) {
      report("spec.podCIDRs", objection);
      ranges = false;
    }
  for (const Ip& ip : config.spec.overlay_ips)
    if (const std::string objection = WhyNoOverlayIp(ip); !objection.empty()) {
      report("spec.overlayIPs", objection);
      ends = false;
    }
  if (ranges)
    node.pod_ranges = config.spec.pod_cidrs;
  else if (last != accepted_.end())
    node.pod_ranges = last->second.pod_ranges;
  if (ends)
    node.overlay_ips = config.spec.overlay_ips;
  else if (last != accepted_.end())
    node.overlay_ips = last->second.overlay_ips;
  return node;
}

}  // namespace kvs::feed
