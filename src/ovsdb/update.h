#pragma once

#include <boost/json/fwd.hpp>
#include <set>

#include "ovsdb/schema.h"

// Brings a replica up to date with <table-updates2> (ovsdb-server(7) 4.1.14).
namespace kvs::ovsdb {

// Applies changes to what is there. On an error (an update that does not fit the replica, or is no
// update at all) the replica is as before.
Result<Change> ApplyUpdates(Replica& replica, const boost::json::value& updates);

// Replaces the rows of `tables` by a whole new content, and says what is different now.
Result<Change> ReplaceContent(Replica& replica, const std::set<Table>& tables,
                              const boost::json::value& content);

}  // namespace kvs::ovsdb
