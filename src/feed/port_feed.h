#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/problem.h"
#include "base/result.h"
#include "ovsdb/attachment.h"
#include "ovsdb/schema.h"
#include "world/world.h"

namespace kvs::feed {

// Interfaces that the CNI plugin made -> world.ports. An attachment that can't be understood
// becomes a problem, and its port stays as it was last understood.
//
// The link's alias says the same as external_ids, which many may edit: where they differ in a MAC
// or an address, the alias is believed, and that is a problem.
//
// A new one becomes a fact only once it is admitted: its addresses may be another's, who would be
// cut off from this node before anybody could say so. One that was realized, or whose pod had its
// port before, needs no admission: what is known stays.
class PortFeed {
 public:
  // Why a port can't be; "": it can.
  using Objection = std::function<std::string(const ovsdb::Interface&)>;

  // `alias_of`: the alias of the link of this name; "": it has none, or there is no such link.
  PortFeed(world::World& world, std::function<std::string(const std::string&)> alias_of)
      : world_(world), alias_of_(std::move(alias_of)) {}

  void Apply(const ovsdb::Change& change);
  // Admits the new ones to which there is no objection. The others are asked about next time, too.
  void Admit(const Objection& objection);
  const std::map<std::string, Problem>& problems() const { return problems_; }

 private:
  void Put(const ovsdb::Interface& interface);
  Result<ovsdb::Attachment> Read(const ovsdb::Interface& interface);

  world::World& world_;
  const std::function<std::string(const std::string&)> alias_of_;
  std::map<std::string, ovsdb::Interface> new_;  // by name
  std::map<std::string, Problem> problems_;      // by interface name
};

}  // namespace kvs::feed
