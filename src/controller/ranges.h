#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/net.h"

namespace kvs::controller {

// Address ranges without overlaps, and the node of each.
class Ranges {
 public:
  // The range that overlaps `range`, with its node; null: `range` is free.
  const std::pair<const Prefix, std::string>* Overlapping(const Prefix& range) const;
  // Takes the range for the node; false if it isn't free.
  bool Take(const Prefix& range, const std::string& node);
  // Releases a range that Take() took for the node; does nothing otherwise.
  void Release(const Prefix& range, const std::string& node);
  // Takes the lowest free range of `length` bits within `cluster`; nullopt: there is none. `length`
  // must not be less than the cluster's. Ranges released later are not found again.
  std::optional<Prefix> TakeLowest(const Prefix& cluster, int length, const std::string& node);

 private:
  std::map<Prefix, std::string> taken_;
  std::map<std::pair<Prefix, int>, Prefix> cursors_;  // where the last search ended
};

}  // namespace kvs::controller
