#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kube/source.h"
#include "world/world.h"

namespace kvs::feed {

// VSwitchConfigs -> world.nodes. The configuration of this node is also kept as it is, for
// SelfFeed.
class NodeFeed {
 public:
  // `on_change` is called when the own configuration or the list of all pod ranges may have
  // changed, and once everything has been read.
  NodeFeed(kube::Source& source, std::string own_name, world::World& world,
           std::function<void()> on_change);
  NodeFeed(const NodeFeed&) = delete;
  NodeFeed& operator=(const NodeFeed&) = delete;

  bool synced() const { return synced_; }
  // nullptr: the controller has not written it (yet).
  const kube::VSwitchConfig* own() const;
  const std::map<std::string, kube::VSwitchConfig>& all() const { return configs_; }

 private:
  void Put(const kube::VSwitchConfig& config);

  std::string own_name_;
  world::World& world_;
  std::function<void()> on_change_;
  std::map<std::string, kube::VSwitchConfig> configs_;
  bool synced_ = false;
  std::unique_ptr<kube::Subscription> subscription_;
};

}  // namespace kvs::feed
