#pragma once

#include <optional>

#include "base/problem.h"
#include "ovsdb/schema.h"

namespace kvs::feed {

// A Problem if the running Open vSwitch, by Open_vSwitch.ovs_version, is older than 3.1, the first
// version with NXT_CT_FLUSH. nullopt also if ovs-ctl has not written a version.
std::optional<Problem> CheckOvsVersion(const ovsdb::Replica& replica);

}  // namespace kvs::feed
