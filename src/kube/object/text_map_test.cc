#include "kube/object/text_map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kvs::kube {
namespace {

StringMap Unpacked(const TextMap& map) { return StringMap(map.begin(), map.end()); }

RC_GTEST_PROP(TextMap, IsAMap, (const StringMap& one, const StringMap& other)) {
  const TextMap packed(one);
  RC_ASSERT(Unpacked(packed) == one);
  RC_ASSERT(packed.empty() == one.empty());
  RC_ASSERT((packed == TextMap(other)) == (one == other));
  for (const auto& [key, text] : one) RC_ASSERT(packed.find(key)->second == text);
  StringMap both = other;
  both.insert(one.begin(), one.end());
  RC_ASSERT(Unpacked(packed.With(TextMap(other))) == both);
}

TEST(TextMap, TakesEntriesInAnyOrderAndTheLastOfAKey) {
  const TextMap map = {{"b", "1"}, {"a", ""}, {"b", "2"}};
  EXPECT_EQ(map, TextMap({{"a", ""}, {"b", "2"}}));
  EXPECT_TRUE(map.contains("a"));
  EXPECT_FALSE(map.contains("c"));
  EXPECT_FALSE(TextMap().contains(""));
}

TEST(Interned, EqualOnesShareTheirMemoryWhileOneLives) {
  const std::string text(100, 'x');
  Interned<std::string> one(text);
  const std::string* kept = &*one;
  EXPECT_EQ(&*Interned<std::string>(text), kept);
  Interned<std::string> other(text);
  one = std::string("y");
  EXPECT_EQ(&*other, kept);  // still alive
  EXPECT_EQ(*one, "y");
  EXPECT_NE(one, other);
  EXPECT_EQ(*Interned<std::string>(), "");
}

}  // namespace
}  // namespace kvs::kube
