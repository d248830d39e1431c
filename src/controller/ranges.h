#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/net.h"

namespace kvs::controller {

// Address ranges, none overlapping another, and the node that each belongs to.
class Ranges {
 public:
  // The range that overlaps `range`, with its node; null: it is free.
  const std::pair<const Prefix, std::string>* Overlapping(const Prefix& range) const;
  // Takes the range for the node, if it is free.
  bool Take(const Prefix& range, const std::string& node);
  // Gives back what Take() took for the node; nothing if it didn't.
  void Release(const Prefix& range, const std::string& node);
  // Takes the lowest free range of `length` bits within `cluster`; nullopt: there is none. `length`
  // must not be less than the cluster's. What is released meanwhile is not found again.
  std::optional<Prefix> TakeLowest(const Prefix& cluster, int length, const std::string& node);

 private:
  std::map<Prefix, std::string> taken_;
  std::map<std::pair<Prefix, int>, Prefix> cursors_;  // where the last search ended
};

}  // namespace kvs::controller
