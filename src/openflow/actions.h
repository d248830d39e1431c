#pragma once

#include "base/result.h"
#include "flow/action.h"
#include "openflow/wire.h"

// Actions and instructions (OpenFlow 1.5.1, 7.2.6 and 7.2.8; Nicira's actions, ovs-actions(7)).
namespace kvs::openflow {

// The actions of a list, a bucket or a ct(exec()). GotoTable is skipped: it is an instruction.
void WriteActions(const flow::Actions& actions, Writer& out);
// The actions of a flow: "apply actions", then "go to table".
void WriteInstructions(const flow::Actions& actions, Writer& out);

// Fail on actions that flow::Action does not support, and on malformed ones.
Result<flow::Actions> ReadActions(Reader in);
Result<flow::Actions> ReadInstructions(Reader in);

}  // namespace kvs::openflow
