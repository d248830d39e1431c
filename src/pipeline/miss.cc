#include "pipeline/rules.h"
#include "pipeline/terms.h"

// What no flow of a table wants. The switch would drop it anyway; a flow that says so counts it.
namespace kvs::pipeline {

void EndTables(const View&, const world::Self&, Plan& plan) {
  for (const TableInfo& table : kTables) {
    if (!table.in_use) continue;
    if (table.on_miss == OnMiss::kDrop) {
      plan.Flow(table.id, kMiss).Drop();
    } else {
      plan.Flow(table.id, kMiss).Do(GoTo{Next(table.id)});
    }
  }
}

}  // namespace kvs::pipeline
