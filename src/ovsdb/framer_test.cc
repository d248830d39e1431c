#include "ovsdb/framer.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvs::ovsdb {
namespace {

// Feeds `stream` in pieces that end at `cuts`; returns the messages, or the error.
Result<std::vector<std::string>> Split(std::string_view stream, std::vector<size_t> cuts) {
  Framer framer;
  std::vector<std::string> messages;
  cuts.push_back(stream.size());
  for (size_t begin = 0; const size_t end : cuts) {
    framer.Append(stream.substr(begin, end - begin));
    begin = end;
    while (true) {
      const auto next = framer.Next();
      if (!next) return tl::unexpected(next.error());
      if (!*next) break;
      messages.emplace_back(**next);
    }
  }
  return messages;
}

TEST(Framer, CutsAnywhereYieldTheSameMessages) {
  const std::vector<std::string> messages = {R"({})", R"({"a":"}{][\"\\"})",
                                             R"({"id":1,"result":[{"x":[1,[2]]}],"error":null})",
                                             "{ \"\xc3\xa9\\u007d\" : \"\\\\\" }"};
  const std::string stream =
      messages[0] + messages[1] + " \r\n\t" + messages[2] + "\n" + messages[3] + "\n";
  for (size_t first = 0; first <= stream.size(); ++first)
    for (size_t second = first; second <= stream.size(); ++second)
      ASSERT_EQ(Split(stream, {first, second}), messages) << first << ", " << second;
}

TEST(Framer, WaitsForTheEnd) {
  Framer framer;
  framer.Append(R"({"a":"}")");
  EXPECT_EQ(framer.Next(), std::nullopt);
  framer.Append("}");
  EXPECT_EQ(framer.Next(), R"({"a":"}"})");
}

TEST(Framer, RefusesWhatIsNoObject) {
  for (const std::string& garbage : std::vector<std::string>{"x", "[1]", "\"{}\"", "1", "}",
                                                             std::string(1, '\0'), "\xff", "{}x"}) {
    const auto split = Split(garbage, {});
    ASSERT_FALSE(split) << garbage;
    EXPECT_NE(split.error().message.find("where a JSON object should begin"), std::string::npos);
  }
}

TEST(Framer, RefusesDepthAndLength) {
  const std::string open(Framer::kMaxDepth, '[');
  EXPECT_TRUE(Split("{" + open.substr(1), {}));
  EXPECT_EQ(Split("{" + open, {}).error().message,
            "the server sent a message nested deeper than 32 levels");

  Framer framer;
  framer.Append("{\"");
  const std::string part(1 << 20, 'x');
  for (size_t i = 0; i < Framer::kMaxMessage / part.size() - 1; ++i) {
    framer.Append(part);
    ASSERT_EQ(framer.Next(), std::nullopt);
  }
  framer.Append(part);
  EXPECT_EQ(framer.Next().error().message, "the server sent a message longer than 64 MiB");
}

}  // namespace
}  // namespace kvs::ovsdb
