#pragma once

#include "flow/flow.h"

// Values for property tests, drawn by rapidcheck: to be called inside of rc::prop only. Everything
// has the form in which a switch would tell it, so that what is decoded can be compared with it.
namespace kvs::openflow::generate {

// Any fields with any values and masks, without regard for prerequisites.
flow::Match AnyMatch();
// Any actions that the codec knows, whether or not a switch would take them.
flow::Actions AnyActions();
flow::Flow AnyFlow();
flow::Group AnyGroup();

// What a switch takes: fields stand with their prerequisites, actions fit the match.
flow::Flow ValidFlow();

}  // namespace kvs::openflow::generate
