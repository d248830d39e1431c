#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/ranges.h"

namespace kvs::controller {

// A node's wish for one range of addresses (a single address is a range too).
struct Claim {
  std::string node;
  std::optional<Prefix> wish;    // nullopt: it wants nothing
  std::optional<Prefix> before;  // what it has so far

  // The answer: the wish; else, if it can't be had, what it had; else nothing.
  std::optional<Prefix> granted;
  // The range that was in the way of the wish, and whose it is.
  std::optional<std::pair<Prefix, std::string>> refused;
};

// Answers all claims, in their order where nothing else decides, and adds what is granted to
// `taken`. What somebody has is never given to another before he gets something else; those who
// only want each other's ranges, in a circle, swap. No two claims are of one node.
void Settle(std::vector<Claim>& claims, Ranges& taken);

}  // namespace kvs::controller
