#include "pipeline/limits.h"

#include "pipeline/rules.h"
#include "pipeline/terms.h"
#include "pipeline/world_view.h"

// What one pod may begin: whatever the node remembers of it (connections, datagrams that are put
// together) has room for all pods, and one that begins too much waits, instead of all others. The
// meters stand in tables whose miss goes on, so a switch that can't meter limits nothing, and loses
// nothing. Packets of what has begun pay nothing: neither established connections nor those that
// nobody has answered yet. All fragments count, not only first ones: whoever drops those makes
// orphans of the others, which are held as long. But only in userspace: the kernel's bound is in
// bytes, of the whole node, and no rate that keeps to it would leave honest pods enough.
namespace kvs::pipeline {

void LimitConnections(const View& view, const world::Port& port, Plan& plan) {
  if (RoutableIps(view, port).empty()) return;
  const uint32_t meter = ConnectionMeter(port);
  plan.Put(kNewConnections.Of(meter));
  plan.Flow(TableId::kLimitNew, kExact)
      .Match(FromPort{port.ofport}, Is{kNew, true}, Uncommitted{})
      .Do(Metered{meter}, GoTo{Next(TableId::kLimitNew)});
}

// The meter bounds how fast a pod begins connections, and this how many it has: those that last are
// remembered for days.
void RefuseConnections(const View& view, const world::CrowdedPort& crowded, Plan& plan) {
  const world::Port* port = view.FindPort(crowded.name);
  if (port == nullptr || port->ofport == 0 || port->container != crowded.container) return;
  plan.Flow(TableId::kLimitNew, kGuard)
      .Match(FromPort{port->ofport}, Is{kNew, true}, Uncommitted{})
      .Drop();
}

void LimitFragments(const View& view, const world::Port& port, Plan& plan) {
  if (!view.datapath().netdev || RoutableIps(view, port).empty()) return;
  const uint32_t meter = FragmentMeter(port);
  plan.Put(kFragments.Of(meter));
  for (const Family family : kFamilies)
    plan.Flow(TableId::kLimitFragments, kExact)
        .Match(FromPort{port.ofport}, Fragment{family})
        .Do(Metered{meter}, GoTo{Next(TableId::kLimitFragments)});
}

}  // namespace kvs::pipeline
