#pragma once

#include <boost/json/fwd.hpp>
#include <set>

#include "ovsdb/schema.h"

// Updates a replica by <table-updates2> (ovsdb-server(7) 4.1.14).
namespace kvs::ovsdb {

// Applies changes to the present content. After an Error (an update that does not fit the replica,
// or is malformed) the replica is unchanged.
Result<Change> ApplyUpdates(Replica& replica, const boost::json::value& updates);

// Replaces the rows of `tables` by new content, and returns the differences.
Result<Change> ReplaceContent(Replica& replica, const std::set<Table>& tables,
                              const boost::json::value& content);

}  // namespace kvs::ovsdb
