#pragma once

#include <string>

namespace kvs::openflow {

// For benchmarks: flows as in a real pipeline (addresses, conjunctions, translations and guards in
// turn), as ovs-ofctl's text. Each `index` gives a different flow, up to 16 million.
std::string SampleFlow(int index);

}  // namespace kvs::openflow
