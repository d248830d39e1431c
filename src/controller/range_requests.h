#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/ranges.h"

namespace kvs::controller {

// A node's request of one range of addresses (a single address is a range too).
struct RangeRequest {
  std::string node;
  std::optional<Prefix> requested;  // nullopt: nothing
  std::optional<Prefix> before;     // what it has so far

  // The answer: what it requested; else, if it can't be had, what it had; else nothing.
  std::optional<Prefix> allocated;
  // The range that was in the way of the request, and whose it is.
  std::optional<std::pair<Prefix, std::string>> refused;
};

// Answers all requests, in their order where nothing else decides, and adds what is allocated to
// `taken`. What a node has is never given to another before it gets something else; those that
// only want each other's ranges, in a circle, swap. No two requests are of one node.
void AnswerRequests(std::vector<RangeRequest>& requests, Ranges& taken);

}  // namespace kvs::controller
