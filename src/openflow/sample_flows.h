#pragma once

#include <string>

namespace kvs::openflow {

// For benchmarks: what a pipeline is made of, addresses, conjunctions, translations and guards in
// turn, as ovs-ofctl's text. Another flow for every `index`, up to 16 million.
std::string SampleFlow(int index);

}  // namespace kvs::openflow
