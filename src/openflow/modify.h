#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "openflow/change.h"
#include "openflow/wire.h"

// Changes as flow mod and group mod messages (OpenFlow 1.5.1, 7.3.4.2 and 7.3.4.3).
namespace kvs::openflow {

// Writes the messages that make the change, with the xids from `first_xid` on, each wrapped for
// `bundle` if there is one, and says how many. Usually one; a group that is larger than a message
// can be is added with its first buckets, and the others are inserted. Fails, and writes nothing,
// if the change does not fit even so.
Result<uint32_t> WriteChange(const Change& change, uint32_t first_xid,
                             std::optional<uint32_t> bundle, Writer& out);

}  // namespace kvs::openflow
