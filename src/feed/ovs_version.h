#pragma once

#include <optional>

#include "base/problem.h"
#include "ovsdb/schema.h"

namespace kvs::feed {

// What is wrong if the Open vSwitch that runs here, by Open_vSwitch.ovs_version, is older than 3.1,
// the first with NXT_CT_FLUSH. A version that nobody wrote there (ovs-ctl does) is not judged.
std::optional<Problem> CheckOvsVersion(const ovsdb::Replica& replica);

}  // namespace kvs::feed
