#pragma once

#include <compare>
#include <string>

namespace kvs {

// Something wrong, as shown in a condition, an event or a message: the object, the field, what is
// wrong and what to do. `object` is "Kind/name" or "Kind/namespace/name"; `field` is a JSON path
// such as "spec.podCIDR".
struct Problem {
  std::string object;
  std::string field;
  std::string message;
  std::string reason = {};  // one CamelCase word, for programs: "RouteConflict"; "": none is needed
  bool blocking = false;    // the node can't serve its pods as long as it lasts

  std::string ToString() const { return object + " " + field + ": " + message; }
  friend auto operator<=>(const Problem&, const Problem&) = default;
};

}  // namespace kvs
