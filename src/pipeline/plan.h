#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "flow/flow.h"
#include "pipeline/fields.h"
#include "pipeline/items.h"
#include "pipeline/tables.h"
#include "world/world.h"

// The two ends of a rule: View is how it reads (every read is recorded, so the engine redoes it
// when what it read changes), Plan is where it puts what should exist.
namespace kvs::pipeline {

using Engine =
    engine::Engine<flow::Flow, flow::Group, flow::Meter, HostLink, HostAddress, HostRoute,
                   HostNeighbour, KernelSetting, TunnelPort, IngressDrop, AddressSetMember>;

class View {
 public:
  View(const world::World& world, engine::Reader& reader) : world_(world), reader_(reader) {}

  // This node. As long as nothing is known of it, empty rows: no range, no gateway, no tunnel.
  const world::Self& self() const { return Only(world_.self); }
  const world::Datapath& datapath() const { return Only(world_.datapath); }
  const world::ClusterRanges& cluster() const { return Only(world_.cluster); }
  // Whether this node has the address on one of its links.
  bool IsOfNode(const Ip& ip) const { return reader_.Find(world_.addresses, ip) != nullptr; }
  const world::Node* FindNode(const std::string& name) const {
    return reader_.Find(world_.nodes, name);
  }
  const world::Port* FindPort(const std::string& name) const {
    return reader_.Find(world_.ports, name);
  }

 private:
  template <class Row>
  const Row& Only(const engine::Table<Row>& table) const {
    static const Row kNothingKnown;
    const Row* row = reader_.Find(table, 0);
    return row == nullptr ? kNothingKnown : *row;
  }

  const world::World& world_;
  engine::Reader& reader_;
};

// One flow being written: plan.Flow(id, priority).Match(conditions...).Do(steps...). Conditions
// and steps are the terms of terms.h; Do() puts the flow into the plan.
class FlowBuilder {
 public:
  FlowBuilder(Engine::Emit& emit, uint64_t cookie, TableId id, uint16_t priority) : emit_(emit) {
    flow_.cookie = cookie;
    flow_.key.table = NumberOf(id);
    flow_.key.priority = priority;
  }

  template <class... Conditions>
  FlowBuilder& Match(const Conditions&... conditions) {
    (conditions.AddTo(flow_.key.match), ...);
    return *this;
  }

  template <class... Steps>
  void Do(const Steps&... steps) {
    (steps.AddTo(flow_.actions), ...);
    flow_.actions.shrink_to_fit();  // kept for long
    emit_.Emit(std::move(flow_));
  }

  void Drop() { Do(); }

 private:
  Engine::Emit& emit_;
  flow::Flow flow_;
};

class Plan {
 public:
  // `cookie` of all flows of this plan: it stands for the rule and the row.
  Plan(Engine::Emit& emit, uint64_t cookie) : emit_(emit), cookie_(cookie) {}

  FlowBuilder Flow(TableId id, uint16_t priority) { return {emit_, cookie_, id, priority}; }

  // Anything else that should exist: an item of items.h, a group, a meter.
  template <class Item>
  void Put(Item item) {
    emit_.Emit(std::move(item));
  }

  // The row asks for something impossible: in which field of its objects, what is wrong, and what
  // to do. The row has objects.
  template <world::Fact Row>
  void Report(const Row& row, const std::string& field, const std::string& message) {
    const std::vector<std::string> objects = row.Objects();
    AbortUnless(!objects.empty(), "who complains of a row names an object");
    for (const std::string& object : objects) emit_.Report({object, field, message});
  }

 private:
  Engine::Emit& emit_;
  uint64_t cookie_;
};

}  // namespace kvs::pipeline
