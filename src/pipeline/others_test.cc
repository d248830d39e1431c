#include "pipeline/others.h"

#include <gtest/gtest.h>

#include <random>

#include "pipeline/fields.h"

namespace kvs::pipeline {
namespace {

using flow::Field;
using flow::Value;

size_t Fitting(const std::vector<FirstBits>& others, const Value& value) {
  return static_cast<size_t>(std::ranges::count_if(
      others, [&](const FirstBits& bits) { return (value & bits.mask) == bits.value; }));
}

TEST(OthersTest, OneForEachBitOfOneValue) {
  EXPECT_EQ(OtherThan(Field::kEthDst, {ValueOf(Mac{{0x0a, 0x58}})}).size(), 48u);
  EXPECT_EQ(OtherThan(Field::kArpTpa, {Value()}).size(), 32u);
  EXPECT_EQ(OtherThan(Field::kNdTarget, {Value()}).size(), 128u);
  EXPECT_EQ(OtherThan(Field::kEthDst, {}).size(), 1u) << "all are others";
}

TEST(OthersTest, TheFirstBitThatDiffersTells) {
  const auto others = OtherThan(Field::kUdpDst, {Value::FromInt(0x8000)});
  ASSERT_EQ(others.size(), 16u);
  EXPECT_EQ(others[0].value, Value());
  EXPECT_EQ(others[0].mask, Value::FromInt(0x8000));
  EXPECT_EQ(others.back().value, Value::FromInt(0x8001));
  EXPECT_EQ(others.back().mask, Value::FromInt(0xffff));
}

// Each value is wanted, or it is of exactly one prefix.
TEST(OthersTest, NothingIsLeftOutOrTwiceThere) {
  std::mt19937 random(1);
  for (int round = 0; round < 3; ++round) {
    std::vector<Value> wanted;
    for (int i = 0; i < round; ++i) wanted.push_back(Value::FromInt(random() & 0xffff));
    const auto others = OtherThan(Field::kUdpDst, wanted);
    for (uint64_t port = 0; port <= 0xffff; ++port) {
      const Value value = Value::FromInt(port);
      const bool is_wanted = std::ranges::find(wanted, value) != wanted.end();
      ASSERT_EQ(Fitting(others, value), is_wanted ? 0u : 1u) << port;
    }
  }
}

// Of a field, the shorter prefixes are looked at first; of two, all of the one before the other's.
TEST(OthersTest, PrioritiesKeepMasksShort) {
  const auto dst = OtherThan(Field::kEthDst, {Value()});
  const auto src = OtherThan(Field::kEthSrc, {Value()});
  for (size_t i = 1; i < dst.size(); ++i) EXPECT_GT(dst[i - 1].priority, dst[i].priority);
  EXPECT_GT(dst.back().priority, src.front().priority);
  EXPECT_GT(OtherThan(kDemanded.back(), {Value()}).back().priority, kFirst);
}

TEST(OthersTest, APriorityTellsTheField) {
  for (const Field field : kDemanded)
    for (const FirstBits& bits : OtherThan(field, {Value()}))
      EXPECT_EQ(FieldOfOthers(bits.priority), field);
  EXPECT_EQ(FieldOfOthers(kFirst), std::nullopt);
  EXPECT_EQ(FieldOfOthers(0xffff), std::nullopt);
}

}  // namespace
}  // namespace kvs::pipeline
