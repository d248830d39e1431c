#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "apply/settings_record.h"
#include "io/loop.h"
#include "netlink/socket.h"
#include "pipeline/plan.h"

namespace kvs::apply {

// Makes the host's side of the pods' network equal to what the pipeline wants: addresses and
// permanent neighbours of the bridge's LOCAL link, routes with our protocol number, and links on
// which the kernel is deaf. It looks at what is there and sends the difference, whether it wanted
// something new or somebody changed something.
class HostApplier {
 public:
  HostApplier(pipeline::Engine& engine, std::string bridge, SettingsRecord settings);

  // Returns whether everything is as wanted now; what could not be done is logged once, and told by
  // problem().
  bool Reconcile();
  const std::string& problem() const { return problem_; }

  // Whether the kernel is deaf on this link.
  bool Deaf(const std::string& link) const { return deaf_.contains(link); }
  uint64_t repairs() const { return repairs_; }

 private:
  Result<> ReconcileSettings();
  Result<> ReconcileBridgeLink();
  Result<> ReconcileRoutes(int bridge);
  Result<> ReconcileDeafness();
  Result<> Open();
  Result<> Do(const std::vector<netlink::Request>& requests);

  pipeline::Engine& engine_;
  std::string bridge_;
  SettingsRecord settings_;
  std::unique_ptr<netlink::Socket> socket_, netfilter_;
  std::set<std::string> deaf_;
  std::string problem_;
  bool settled_ = false;
  uint64_t repairs_ = 0;
};

}  // namespace kvs::apply
