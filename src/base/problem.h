#pragma once

#include <compare>
#include <string>

namespace kvs {

// Bad input, as a person sees it in a condition, an event or a message: which object, which field,
// what is wrong and what to do. `object` is "Kind/name" or "Kind/namespace/name"; `field` a JSON
// path such as "spec.podCIDR".
struct Problem {
  std::string object;
  std::string field;
  std::string message;

  std::string ToString() const { return object + " " + field + ": " + message; }
  friend auto operator<=>(const Problem&, const Problem&) = default;
};

}  // namespace kvs
