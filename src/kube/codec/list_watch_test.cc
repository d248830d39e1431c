#include "kube/codec/list_watch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kube/codec/protobuf.h"
#include "kube/testing/wire_encode.h"

namespace kvs::kube {
namespace {

class ListWatch : public testing::TestWithParam<Wire> {
 protected:
  static Result<ListPage> ParseList(Kind kind, std::string_view body) {
    return GetParam() == Wire::kJson ? ParseListJson(kind, body) : ParseListProtobuf(kind, body);
  }
  static Result<WatchEvent> ParseEvent(Kind kind, std::string_view frame) {
    return GetParam() == Wire::kJson ? ParseWatchEventJson(kind, frame)
                                     : ParseWatchEventProtobuf(kind, frame);
  }
  // Of one frame as it goes over the wire.
  static std::string Unframed(const std::string& framed) {
    std::string found;
    const auto good = WatchFrames(GetParam()).Push(framed, [&](std::string_view frame) {
      found = frame;
      return Result<>{};
    });
    EXPECT_TRUE(good && !found.empty()) << framed;
    return found;
  }
  static std::string Encoded(const Object& object) { return EncodeObject(GetParam(), object); }
  static std::string Bad(const std::string& name) {
    return Encoded(Pod{.meta = {.name = name, .ns = "shop", .resource_version = "8"},
                       .ports = std::vector<ContainerPort>{{"http", 80, "tcp"}}});
  }
};

Pod PodOf(const std::string& name) {
  return {.meta = {.name = name, .ns = "shop", .resource_version = "5"}, .phase = "Running"};
}

TEST_P(ListWatch, ListsPages) {
  const auto page = ParseList(
      Kind::kPod,
      EncodeList(GetParam(), Kind::kPod,
                 {Encoded(PodOf("b")), Bad("bad"), Encoded(PodOf("a")), Bad("No")}, "77", "more"));
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->resource_version, "77");
  EXPECT_EQ(page->continue_token, "more");
  ASSERT_EQ(page->items.size(), 4u);
  EXPECT_EQ(page->items[0].object, Object(PodOf("b")));
  EXPECT_EQ(page->items[2].object, Object(PodOf("a")));
  EXPECT_EQ(page->items[1].ref, (Ref{Kind::kPod, "shop/bad"}));
  EXPECT_EQ(page->items[1].resource_version, "8");
  ASSERT_EQ(page->items[1].problems.size(), 1u);
  EXPECT_EQ(page->items[1].problems[0].field, "spec.containers[0].ports[0].protocol");
  EXPECT_EQ(page->items[3].ref, std::nullopt);
  EXPECT_EQ(page->items[3].resource_version, "8");
  ASSERT_EQ(page->items[3].problems.size(), 1u);
  EXPECT_EQ(page->items[3].problems[0].object, "Pod");
  EXPECT_EQ(page->items[3].problems[0].field, "items[3].metadata.name");

  const auto none = ParseList(Kind::kNode, EncodeList(GetParam(), Kind::kNode, {}, "1"));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_TRUE(none->items.empty() && none->continue_token.empty());
}

TEST_P(ListWatch, AListCutOffIsAnError) {
  const std::string body =
      EncodeList(GetParam(), Kind::kPod, {Encoded(PodOf("a")), Encoded(PodOf("b"))}, "77");
  for (size_t size = 0; size < body.size(); ++size) {
    const std::vector<char> cut(body.begin(), body.begin() + static_cast<ptrdiff_t>(size));
    const auto page = ParseList(Kind::kPod, {cut.data(), cut.size()});
    if (page)  // all was there but trailing fields that say nothing
      EXPECT_EQ(page->items.size(), 2u) << size;
  }
}

TEST_P(ListWatch, SomethingElseIsAnError) {
  const std::string nodes = EncodeList(GetParam(), Kind::kNode, {}, "1");
  EXPECT_EQ(ParseList(Kind::kPod, nodes).error().message,
            "expected PodList of v1, got \"NodeList\" of \"v1\"");
  EXPECT_EQ(ParseList(Kind::kNode, EncodeList(GetParam(), Kind::kNode, {}, "")).error().message,
            "NodeList metadata.resourceVersion: missing: every list needs one");
  const std::string event = EncodeEvent(GetParam(), "ADDED", Kind::kPod, Encoded(PodOf("a")));
  EXPECT_EQ(ParseEvent(Kind::kNode, Unframed(event)).error().message,
            "expected Node of v1, got \"Pod\" of \"v1\"");
  const std::string odd = EncodeEvent(GetParam(), "MOVED", Kind::kPod, Encoded(PodOf("a")));
  EXPECT_EQ(ParseEvent(Kind::kPod, Unframed(odd)).error().message,
            "a watch event of unknown type \"MOVED\"");
  for (const char* text : {"", "x", "[]", "5", "{}", "<html>", "k8s", "\n"}) {
    EXPECT_FALSE(ParseList(Kind::kPod, text)) << text;
    EXPECT_FALSE(ParseEvent(Kind::kPod, text)) << text;
    EXPECT_FALSE(ParseStatus(text)) << text;
  }
}

TEST_P(ListWatch, EventsOfEachType) {
  using Type = WatchEvent::Type;
  for (const auto& [name, type] : {std::pair{"ADDED", Type::kAdded},
                                   {"MODIFIED", Type::kModified},
                                   {"DELETED", Type::kDeleted}}) {
    const std::string framed = EncodeEvent(GetParam(), name, Kind::kPod, Encoded(PodOf("a")));
    const auto event = ParseEvent(Kind::kPod, Unframed(framed));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->type, type);
    EXPECT_EQ(event->object.object, Object(PodOf("a")));
    EXPECT_EQ(event->resource_version, "5");
  }
  const auto bad =
      ParseEvent(Kind::kPod, Unframed(EncodeEvent(GetParam(), "MODIFIED", Kind::kPod, Bad("bad"))));
  ASSERT_TRUE(bad) << bad.error().message;
  EXPECT_EQ(bad->object.ref, (Ref{Kind::kPod, "shop/bad"}));
  EXPECT_EQ(bad->object.object, std::nullopt);
  EXPECT_EQ(bad->resource_version, "8");

  const std::string version = Encoded(Pod{.meta = {.resource_version = "9"}});
  const auto mark =
      ParseEvent(Kind::kPod, Unframed(EncodeEvent(GetParam(), "BOOKMARK", Kind::kPod, version)));
  ASSERT_TRUE(mark) << mark.error().message;
  EXPECT_EQ(mark->type, Type::kBookmark);
  EXPECT_EQ(mark->resource_version, "9");
  EXPECT_TRUE(mark->object.problems.empty());

  const Status expired{410, "Expired", "too old resource version: 1 (\"5\")", 3};
  const auto error = ParseEvent(Kind::kPod, Unframed(EncodeErrorEvent(GetParam(), expired)));
  ASSERT_TRUE(error) << error.error().message;
  EXPECT_EQ(error->type, Type::kError);
  EXPECT_EQ(error->status, expired);
}

TEST_P(ListWatch, AnEventCutOffIsAnError) {
  const std::string frame =
      Unframed(EncodeEvent(GetParam(), "ADDED", Kind::kPod, Encoded(PodOf("a"))));
  const auto whole = ParseEvent(Kind::kPod, frame);
  ASSERT_TRUE(whole);
  for (size_t size = 0; size < frame.size(); ++size) {
    const std::vector<char> cut(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(ParseEvent(Kind::kPod, {cut.data(), cut.size()})) << size;
  }
}

TEST_P(ListWatch, StatusOfARequest) {
  const Status gone{429, "TooManyRequests", "wait", 2};
  const auto parsed = ParseStatus(EncodeStatus(GetParam(), gone));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, gone);
}

INSTANTIATE_TEST_SUITE_P(Wires, ListWatch, testing::Values(Wire::kJson, Wire::kProtobuf),
                         [](const auto& wire) {
                           return wire.param == Wire::kJson ? "Json" : "Protobuf";
                         });

// The frame as it goes over the wire.
std::string Framed(Wire wire, const std::string& frame) {
  if (wire == Wire::kJson) return frame + "\n";
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8)
    length.push_back(static_cast<char>(frame.size() >> shift));
  return length + frame;
}

RC_GTEST_PROP(WatchFrames, AreTheSameHoweverTheBytesArrive, ()) {
  const auto wire = *rc::gen::element(Wire::kJson, Wire::kProtobuf);
  const auto frames = *rc::gen::container<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>('a', 'z'))));
  std::string stream;
  for (const std::string& frame : frames) stream += Framed(wire, frame);
  WatchFrames splitter(wire);
  std::vector<std::string> found;
  for (std::string_view rest = stream; !rest.empty();) {
    const auto size = *rc::gen::inRange<size_t>(1, rest.size() + 1);
    RC_ASSERT(splitter
                  .Push(rest.substr(0, size),
                        [&](std::string_view frame) {
                          found.emplace_back(frame);
                          return Result<>{};
                        })
                  .has_value());
    rest.remove_prefix(size);
    std::string so_far;
    for (const std::string& frame : found) so_far += Framed(wire, frame);
    RC_ASSERT(splitter.empty() == (so_far.size() == stream.size() - rest.size()));
  }
  RC_ASSERT(found == frames);
}

TEST(WatchFrames, HaveALimit) {
  const auto take = [](std::string_view) { return Result<>{}; };
  WatchFrames protobuf(Wire::kProtobuf);
  EXPECT_TRUE(protobuf.Push(std::string_view("\1\0\0\0", 4), take));
  EXPECT_FALSE(WatchFrames(Wire::kProtobuf).Push(std::string_view("\1\0\0\1", 4), take));
  EXPECT_FALSE(WatchFrames(Wire::kProtobuf).Push(std::string_view("\xff\xff\xff\xff", 4), take));

  WatchFrames json(Wire::kJson);
  const std::string most(WatchFrames::kMostFrame, 'x');
  EXPECT_TRUE(json.Push(most, take));
  const auto more = json.Push("x", take);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message, "a watch event of 16 MiB; the maximum is 16");
}

TEST(WatchFrames, StopAtTheFirstErrorOfTheirUser) {
  int seen = 0;
  const auto good = WatchFrames(Wire::kJson).Push("a\nb\n", [&](std::string_view) -> Result<> {
    ++seen;
    return Fail("no");
  });
  EXPECT_FALSE(good);
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace kvs::kube
