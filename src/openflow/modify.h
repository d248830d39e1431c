#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "openflow/change.h"
#include "openflow/wire.h"

// Changes as flow mod and group mod messages (OpenFlow 1.5.1, 7.3.4.2 and 7.3.4.3).
namespace kvs::openflow {

// Writes the messages of the change with xids from `first_xid` on, each wrapped for `bundle` if
// that is given, and returns their number. That is usually one; a group that doesn't fit into one
// message is added with its first buckets, and the others are inserted. Fails, without writing
// anything, if the change still does not fit.
Result<uint32_t> WriteChange(const Change& change, uint32_t first_xid,
                             std::optional<uint32_t> bundle, Writer& out);

}  // namespace kvs::openflow
