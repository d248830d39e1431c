#pragma once

#include <optional>
#include <vector>

#include "base/problem.h"
#include "kube/object/objects.h"

namespace boost::json {
class value;
}

// Objects from JSON, as in manifests and from the API server, and back.
namespace kvs::kube {

struct Decoded {
  std::optional<Ref> ref;         // which object it is, as far as that can be read
  std::string resource_version;   // likewise; watches go on from there also after a bad object
  std::optional<Object> object;   // absent if anything is wrong with it
  std::vector<Problem> problems;  // all that is wrong with it
};

// Decodes an object of that kind. Unused fields are skipped, and null is the same as absent (both
// as on the API server); the fields in use must have the right type and meaning. A namespaced
// object without a namespace is in "default".
Decoded Decode(Kind kind, const boost::json::value& value);

// The inverse, with exactly the fields that are set.
boost::json::value Encode(const Object& object);

// An RFC 1123 subdomain of up to 253 characters: a valid name for our kinds on the API server.
bool IsName(std::string_view text);

}  // namespace kvs::kube
