#pragma once

#include <string>

#include "flow/flow.h"

// A flow of ours as people read it: ovs-ofctl's text with the names of tables and register fields
// in place of numbers.
//
//   route 300 ip,nw_dst=10.1.1.3 actions=dec_ttl,...,output:19
//   commit 300 ip,new actions=ct(commit,...),goto_table:route
namespace kvs::pipeline {

std::string NameOfTable(uint8_t number);  // the number, if the pipeline has no such table
// Puts tables' names in place of their numbers in ovs-ofctl's text of actions.
std::string NameTables(std::string actions);

std::string Describe(const flow::Match& match);  // a field of one bit: "new", or "!new" if clear
std::string Describe(const flow::Actions& actions);  // a field's load: "set:new", "set:service=7"
std::string Describe(const flow::Flow& flow);        // without the cookie

}  // namespace kvs::pipeline
