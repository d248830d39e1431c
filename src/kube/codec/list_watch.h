#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/codec/json.h"

// The API server's answers to list and watch, in JSON and in protobuf
// (kubernetes.io/docs/reference/using-api/api-concepts).
namespace kvs::kube {

enum class Wire : uint8_t {
  kJson,
  kProtobuf,  // only of kinds with HasProtobuf() (protobuf.h)
};

// For the header Accept: "application/vnd.kubernetes.protobuf", with ";stream=watch" for a watch.
std::string_view MediaType(Wire wire, bool watch);

// metav1.Status: why a request failed.
struct Status {
  int code = 0;         // HTTP's
  std::string reason;   // one word: "Expired"
  std::string message;  // a sentence
  int retry_after_seconds = 0;

  friend bool operator==(const Status&, const Status&) = default;
};

// A body in either wire format; an Error if it isn't a Status.
Result<Status> ParseStatus(std::string_view body);

// One page of a list.
struct ListPage {
  std::string resource_version;  // from which to watch
  std::string continue_token;    // of the next page; empty: this is the last one
  // In the server's order. An object without a readable name has no ref, and its problems have its
  // index ("items[3].metadata.name").
  std::vector<Decoded> items;
};

// The whole body of a list of that kind. An Error if it is cut off or not a list.
Result<ListPage> ParseListProtobuf(Kind kind, std::string_view body);
Result<ListPage> ParseListJson(Kind kind, std::string_view body);

struct WatchEvent {
  enum class Type : uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type{};
  Decoded object;                // of kAdded, kModified, kDeleted
  std::string resource_version;  // of a bad object too; from which to go on; empty if kError
  Status status;                 // of kError
};

// One frame of a watch of that kind. An Error if it isn't an event.
Result<WatchEvent> ParseWatchEventProtobuf(Kind kind, std::string_view frame);
Result<WatchEvent> ParseWatchEventJson(Kind kind, std::string_view frame);

// Splits the stream of a watch into frames: lines of JSON, or protobuf after a length of 4 bytes in
// network order.
class WatchFrames {
 public:
  static constexpr size_t kMostFrame = size_t{16} << 20;  // bytes; etcd takes objects of 1.5 MiB

  explicit WatchFrames(Wire wire) : wire_(wire) {}

  // Adds bytes of the stream, and calls `take` with each frame that is complete (valid during that
  // call only). Returns at once with an Error of `take`, or if a frame is too long; the rest of the
  // stream is unusable then. `take` must not destroy this object.
  Result<> Push(std::string_view bytes,
                const std::function<Result<>(std::string_view frame)>& take);

  // Whether the stream may end here without an event being cut off.
  bool empty() const { return pending_.empty(); }

 private:
  Wire wire_;
  std::string pending_;
};

}  // namespace kvs::kube
