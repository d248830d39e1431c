#include "feed/node_feed.h"

namespace kvs::feed {

NodeFeed::NodeFeed(kube::Source& source, std::string own_name, world::World& world,
                   std::function<void()> on_change)
    : own_name_(std::move(own_name)), world_(world), on_change_(std::move(on_change)) {
  subscription_ = source.Watch<kube::VSwitchConfig>({
      .on_put = [this](const kube::VSwitchConfig& config) { Put(config); },
      .on_erase =
          [this](const std::string& key) {
            configs_.erase(key);
            world_.nodes.Erase(key);
            on_change_();
          },
      .on_synced =
          [this] {
            synced_ = true;
            on_change_();
          },
  });
}

const kube::VSwitchConfig* NodeFeed::own() const {
  const auto it = configs_.find(own_name_);
  return it == configs_.end() ? nullptr : &it->second;
}

void NodeFeed::Put(const kube::VSwitchConfig& config) {
  configs_.insert_or_assign(config.meta.name, config);
  world_.nodes.Put({.name = config.meta.name,
                    .pod_ranges = config.spec.pod_cidrs,
                    .overlay_ips = config.spec.overlay_ips});
  on_change_();
}

}  // namespace kvs::feed
