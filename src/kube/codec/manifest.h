#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "kube/object/objects.h"

namespace kvs::kube {

// The content of one manifest file.
struct Manifest {
  struct Item {
    Object object;
    int line;  // of its document's "---", or where it begins, from 1
  };
  std::vector<Item> items;        // the good ones, in order
  std::set<Ref> bad;              // objects that are wrong: their last good forms stay
  bool whole = true;              // false: it may define more objects than could be read
  std::vector<Problem> problems;  // each with file and line
  std::set<std::string> ignored;  // kinds that we don't use: "apps/v1 Deployment"
};

// Pure. Parses YAML, or JSON if `file` ends in ".json". Never fails: errors are in `problems`.
Manifest ParseManifest(std::string_view file, std::string_view text);

}  // namespace kvs::kube
