#pragma once

#include <boost/json/fwd.hpp>

namespace kvs::cli {

// What an agent wrote to the status of its node's VSwitchConfig, in the shape of its answer to GET
// /v1/status (agent/api.h), as far as it is there: without notes, peers and repairs. That the node
// is not ready, or that something is wrong with it, is a problem of the condition that says so.
boost::json::value StatusOfConfig(const boost::json::value& config);

}  // namespace kvs::cli
