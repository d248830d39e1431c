#include "feed/node_feed.h"

namespace kvs::feed {

NodeFeed::NodeFeed(io::Loop& loop, kube::Source& source, std::string own_name, world::World& world,
                   std::function<void()> on_change, std::chrono::milliseconds patience)
    : own_name_(std::move(own_name)),
      world_(world),
      on_change_(std::move(on_change)),
      patience_(patience),
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
  if (!deleted_.empty()) let_go_.Start(patience_);
  configs_.insert_or_assign(config.meta.name, config);
  world_.nodes.Put({.name = config.meta.name,
                    .pod_ranges = config.spec.pod_cidrs,
                    .overlay_ips = config.spec.overlay_ips});
  on_change_();
}

void NodeFeed::Erase(const std::string& name) {
  deleted_.insert(name);
  let_go_.Start(patience_);
  on_change_();
}

void NodeFeed::LetGo() {
  if (deleted_.contains(own_name_)) return;
  for (const std::string& name : deleted_) {
    configs_.erase(name);
    world_.nodes.Erase(name);
  }
  deleted_.clear();
  on_change_();
}

}  // namespace kvs::feed
