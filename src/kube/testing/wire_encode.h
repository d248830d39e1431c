#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/codec/list_watch.h"
#include "kube/object/objects.h"

// What an API server sends, for tests and benchmarks: the inverse of protobuf.h and list_watch.h.
namespace kvs::kube {

// The object alone: JSON text, or its message without envelope.
std::string EncodeObject(Wire wire, const Object& object);

// The body of a page; items as EncodeObject() returns them.
std::string EncodeList(Wire wire, Kind kind, const std::vector<std::string>& items,
                       std::string_view resource_version, std::string_view continue_token = {});

// An event of type "ADDED", ..., "BOOKMARK" with its line end or length. `object` as from
// EncodeObject(); a bookmark's has only a resourceVersion.
std::string EncodeEvent(Wire wire, std::string_view type, Kind kind, std::string_view object);

// The body of a failed request, and the event of type "ERROR".
std::string EncodeStatus(Wire wire, const Status& status);
std::string EncodeErrorEvent(Wire wire, const Status& status);

}  // namespace kvs::kube
