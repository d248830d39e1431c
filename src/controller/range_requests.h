#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/ranges.h"

namespace kvs::controller {

// A node's request for a range of addresses (a single address is a range too).
struct RangeRequest {
  std::string node;
  std::optional<Prefix> requested;  // nullopt: nothing
  std::optional<Prefix> before;     // what it has so far

  // The answer: the requested range; if that is impossible, the previous one; else none.
  std::optional<Prefix> allocated;
  // The range that conflicts with the request, and its node.
  std::optional<std::pair<Prefix, std::string>> refused;
};

// Answers all requests, in their order if nothing else decides, and adds the allocated ranges to
// `taken`. A node's previous range is never given to another node before it gets a different one;
// nodes that request each other's ranges in a circle swap them. There must be at most one request
// per node.
void AnswerRequests(std::vector<RangeRequest>& requests, Ranges& taken);

}  // namespace kvs::controller
