#pragma once

#include <boost/json/fwd.hpp>

#include "ovsdb/transaction.h"

namespace kvs::ovsdb {

// Parses the reply to "transact" (RFC 7047, 4.1.3). Errors of operations are in the result array:
// the first one is returned. An additional element after those of the operations is an error of the
// commit. This function's own Error means that the reply is malformed.
Result<Outcome> ReadOutcome(const boost::json::object& reply,
                            const std::vector<Transaction::Operation>& operations);

}  // namespace kvs::ovsdb
