#pragma once

#include <map>
#include <string>
#include <vector>

#include "ovsdb/transaction.h"

// What to replicate (monitor_cond_since, ovsdb-server(7) 4.1.15).
namespace kvs::ovsdb {

struct Watch {
  std::vector<Condition> any_of;     // rows that meet one of these; empty: all rows
  std::vector<std::string> columns;  // empty: all of schema.h
};
using Monitor = std::map<Table, Watch>;

// All rows and columns of schema.h.
Monitor MonitorAll();

}  // namespace kvs::ovsdb
