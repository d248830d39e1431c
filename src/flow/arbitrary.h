#pragma once

#include <rapidcheck.h>

#include "flow/flow.h"

// Generators of flows and groups for tests (rapidcheck): every field and action of flow/, in
// combinations that a switch accepts, with the prerequisites of ovs-fields(7) and ovs-actions(7).
namespace kvs::flow {

rc::Gen<Match> AnyMatch();
rc::Gen<Flow> AnyFlow();
rc::Gen<Group> AnyGroup();
rc::Gen<Meter> AnyMeter();
// Any fields with any masks, also combinations that no switch accepts.
rc::Gen<Match> WildMatch();

}  // namespace kvs::flow
