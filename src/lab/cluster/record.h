#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "lab/cluster/lab.h"
#include "lab/machine/state.h"

// What a program that joins a lab must know: lab.json in the state folder.
namespace kvs::lab {

struct Record {
  Options options;  // as the lab was brought up with; manifests is an absolute path
  std::map<std::string, std::vector<Ip>> nodes;  // machines, with their addresses
};

Result<> WriteRecord(const State& state, const Record& record);
// An Error if there is no such lab.
Result<Record> ReadRecord(const State& state);

}  // namespace kvs::lab
