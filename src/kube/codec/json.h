#pragma once

#include <optional>
#include <vector>

#include "base/problem.h"
#include "kube/object/objects.h"

namespace boost::json {
class value;
}

// Objects from JSON, as manifests and the API server give them, and back.
namespace kvs::kube {

struct Decoded {
  std::optional<Ref> ref;         // which object it is, as far as that can be read
  std::string resource_version;   // likewise; watches go on from there also after a bad object
  std::optional<Object> object;   // absent if anything is wrong with it
  std::vector<Problem> problems;  // all that is wrong with it
};

// Decodes an object of that kind. Fields that we don't use are skipped, null is the same as absent
// (both as the API server does); what we use must have the right type and meaning. A namespaced
// object that names no namespace is in "default".
Decoded Decode(Kind kind, const boost::json::value& value);

// The inverse, with the fields that are set and no others.
boost::json::value Encode(const Object& object);

// RFC 1123 subdomain, up to 253 letters: what the API server takes as a name of our kinds.
bool IsName(std::string_view text);

}  // namespace kvs::kube
