#pragma once

#include <string_view>

#include "kube/codec/json.h"

// Objects from Kubernetes' protobuf (k8s.io/api/core/v1/generated.proto), beside JSON (json.h).
namespace kvs::kube {

// The kinds that the API server sends as protobuf. Ours is a custom resource, which is always sent
// as JSON.
bool HasProtobuf(Kind kind);

// Decodes the message of an object of that kind, by the same rules and with the same problems as
// Decode() of its JSON. Only if HasProtobuf(kind). Malformed bytes are a problem of the object if
// its name could be decoded before.
Decoded DecodeProtobuf(Kind kind, std::string_view bytes);

}  // namespace kvs::kube
