#pragma once

#include <string_view>

#include "kube/codec/json.h"

// Objects from Kubernetes' protobuf (k8s.io/api/core/v1/generated.proto), beside JSON (json.h).
namespace kvs::kube {

// The kinds that the API server sends as protobuf. Ours is a custom resource, and those are JSON
// always.
bool HasProtobuf(Kind kind);

// Decodes the message of an object of that kind, by the same rules and with the same problems as
// Decode() of its JSON. Only if HasProtobuf(kind). Bytes that are no such message are a problem of
// the object, if its name could be read before.
Decoded DecodeProtobuf(Kind kind, std::string_view bytes);

}  // namespace kvs::kube
