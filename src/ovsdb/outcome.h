#pragma once

#include <boost/json/fwd.hpp>

#include "ovsdb/transaction.h"

namespace kvs::ovsdb {

// Reads the reply to "transact" (RFC 7047, 4.1.3). Errors of operations stand inside the result
// array: the first one decides. An element more than there are operations is an error of the
// commit. The error of this function itself means that the reply is none.
Result<Outcome> ReadOutcome(const boost::json::object& reply,
                            const std::vector<Transaction::Operation>& operations);

}  // namespace kvs::ovsdb
