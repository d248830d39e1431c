#pragma once

#include <map>
#include <string>

#include "base/problem.h"
#include "ovsdb/schema.h"
#include "world/world.h"

namespace kvs::feed {

// Interfaces that the CNI plugin made -> world.ports. An attachment that can't be understood
// becomes a problem, and its port stays as it was last understood.
class PortFeed {
 public:
  explicit PortFeed(world::World& world) : world_(world) {}

  void Apply(const ovsdb::Change& change);
  const std::map<std::string, Problem>& problems() const { return problems_; }

 private:
  void Put(const ovsdb::Interface& interface);

  world::World& world_;
  std::map<std::string, Problem> problems_;  // by interface name
};

}  // namespace kvs::feed
