#pragma once

#include <boost/json/fwd.hpp>

namespace kvs::cli {

// An agent's status in its node's VSwitchConfig, in the form of its answer to GET /v1/status
// (agent/api.h), as far as it is known there: without notes, peers and repairs. A condition that is
// not as it should be becomes a problem.
boost::json::value StatusOfConfig(const boost::json::value& config);

}  // namespace kvs::cli
