#include <cstdlib>

#include "kube/codec/list_watch.h"
#include "kube/codec/protobuf.h"
#include "kube/testing/wire_encode.h"

namespace {

using namespace kvs;
using namespace kvs::kube;

// What is decoded is encoded and decoded the same.
void Check(const Decoded& decoded) {
  if (decoded.object.has_value() != decoded.problems.empty()) abort();
  if (!decoded.object) return;
  const Kind kind = KindOf(*decoded.object);
  if (HasProtobuf(kind) &&
      DecodeProtobuf(kind, EncodeObject(Wire::kProtobuf, *decoded.object)).object != decoded.object)
    abort();
}

void CheckList(const Result<ListPage>& page) {
  if (page)
    for (const Decoded& item : page->items) Check(item);
}

void CheckFrame(Wire wire, std::string_view frame) {
  for (const Kind kind : kAllKinds) {
    if (wire == Wire::kProtobuf && !HasProtobuf(kind)) continue;
    const auto event = wire == Wire::kJson ? ParseWatchEventJson(kind, frame)
                                           : ParseWatchEventProtobuf(kind, frame);
    if (event && event->object.ref) Check(event->object);
  }
}

// The frames in the stream, arriving in these parts.
std::vector<std::string> FramesOf(Wire wire, std::initializer_list<std::string_view> parts) {
  WatchFrames frames(wire);
  std::vector<std::string> found;
  for (const std::string_view part : parts) {
    const auto good = frames.Push(part, [&](std::string_view frame) {
      found.emplace_back(frame);
      return Result<>{};
    });
    if (!good) break;
  }
  return found;
}

}  // namespace

// Any bytes as what an API server may answer: a list, a Status, an object, and a watch, whose
// frames are the same however the bytes arrive. Nothing breaks.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)ParseStatus(bytes);
  for (const Kind kind : kAllKinds) {
    CheckList(ParseListJson(kind, bytes));
    if (!HasProtobuf(kind)) continue;
    CheckList(ParseListProtobuf(kind, bytes));
    Check(DecodeProtobuf(kind, bytes));
  }
  for (const Wire wire : {Wire::kJson, Wire::kProtobuf}) {
    const auto frames = FramesOf(wire, {bytes});
    for (const std::string& frame : frames) CheckFrame(wire, frame);
    if (FramesOf(wire, {bytes.substr(0, size / 2), bytes.substr(size / 2)}) != frames) abort();
  }
  return 0;
}
