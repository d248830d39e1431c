#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "feed/judge.h"
#include "io/loop.h"
#include "kube/source/source.h"
#include "world/world.h"

namespace kvs::feed {

// VSwitchConfigs -> world.nodes, as far as they are accepted. The configuration of this node is
// also kept as it is, for ReadThisNode().
//
// What is refused is a problem, and the node stays as it was last accepted.
//
// A node is taken for gone when its configuration has been away for `timeout` and this node's own
// is there. Where that is deleted too, all of k-vswitch is being deleted (kubectl delete of the
// manifest), which must not cut pods off: everything stays as it is until it is back.
class NodeFeed {
 public:
  // `on_change` is called when the own configuration or the specification of another may have
  // changed, and once everything has been read; not for another node's status, which each node
  // writes now and then.
  NodeFeed(io::Loop& loop, kube::Source& source, std::string own_name, world::World& world,
           std::function<void()> on_change,
           std::chrono::milliseconds timeout = std::chrono::milliseconds(5000));
  NodeFeed(const NodeFeed&) = delete;
  NodeFeed& operator=(const NodeFeed&) = delete;

  bool synced() const { return synced_; }
  // nullptr: the controller has not written it (yet), or it was deleted.
  const kube::VSwitchConfig* own() const;
  // As accepted, by name.
  const std::map<std::string, world::Node>& accepted() const { return accepted_; }
  const std::vector<Problem>& problems() const { return problems_; }
  const std::vector<Judge::Taken>& taken() const { return taken_; }  // as of the last Update()

  // Why no pod of this node can have `ip`, whoever chose it: it is reserved, or another's in this
  // cluster as it was known at the last Update(). "" if one can.
  std::string ObjectionToPod(const Ip& ip) const;

  // Makes rows of what has changed. `own`: the addresses by which this node itself is reached, and
  // its gateways': no other node's pods have them. `servers`: the API server's, which are nobody's.
  void Update(const std::vector<Judge::Taken>& own, const std::vector<Ip>& servers = {});

 private:
  void Put(const kube::VSwitchConfig& config);
  world::Node Accept(const kube::VSwitchConfig& config, const Judge& judge);
  void Erase(const std::string& name);
  void LetGo();

  std::string own_name_;
  world::World& world_;
  std::function<void()> on_change_;
  std::map<std::string, kube::VSwitchConfig> configs_;
  std::set<std::string> deleted_;  // but still in configs_
  std::map<std::string, world::Node> accepted_;
  std::vector<Problem> problems_;
  std::vector<Judge::Taken> taken_;
  Judge judge_{{}};       // of what is not this node's
  bool changed_ = false;  // configs_, since then
  std::chrono::milliseconds timeout_;
  io::Timer let_go_;
  bool synced_ = false;
  std::unique_ptr<kube::Subscription> subscription_;
};

}  // namespace kvs::feed
