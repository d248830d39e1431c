#include "pipeline/mark_layout.h"

#include <gtest/gtest.h>

#include "pipeline/fields.h"

namespace kvs::pipeline {
namespace {

using world::MarkLayout;

const MarkLayout kOne{.bits = {{"from-host", 1}, {"snat", 2}}};
const MarkLayout kOther{.bits = {{"from-host", 6}, {"snat", 2}}};

TEST(MarkLayout, OfThisBuildHasEveryFieldOfTheMark) {
  const auto& bits = MarkLayoutOfThisBuild().bits;
  EXPECT_EQ(bits.at("from-host"), kFromHost.first);
  EXPECT_EQ(bits.at("from-overlay"), kFromOverlay.first);
  EXPECT_FALSE(bits.contains("reply"));  // of a packet, not of a connection
}

// What is recorded today is read by every build to come.
TEST(MarkLayout, HasATextThatIsReadBack) {
  const std::vector<MarkLayout> layouts = {{1, kOther.bits}, {0, kOne.bits}};
  EXPECT_EQ(ToText(layouts), "1:from-host=6,snat=2;0:from-host=1,snat=2");
  EXPECT_EQ(ParseMarkLayouts(ToText(layouts)), layouts);
  EXPECT_EQ(ParseMarkLayouts(""), std::vector<MarkLayout>());
}

TEST(MarkLayout, TextThatIsNoneIsToldApart) {
  for (const char* text : {";", "x:a=1", "16:a=1", "-1:a=1", "0:a=8", "0:=1", "0:a", "0:a=1;0:b=2",
                           "0:a=1,,b=2", "0:a=999999999999"}) {
    EXPECT_FALSE(ParseMarkLayouts(text)) << text;
  }
}

TEST(MarkLayout, TheFirstIsGenerationZero) {
  EXPECT_EQ(ToText(WithMarkLayout("", kOne)), "0:from-host=1,snat=2");
  EXPECT_EQ(ToText(WithMarkLayout("not a record", kOne)), "0:from-host=1,snat=2");
}

TEST(MarkLayout, ForthAndBackKeepsBothAndNumbersThemOnce) {
  const std::string before = ToText(WithMarkLayout("", kOne));
  const std::string forth = ToText(WithMarkLayout(before, kOther));
  EXPECT_EQ(forth, "0:from-host=1,snat=2;1:from-host=6,snat=2");
  const std::string back = ToText(WithMarkLayout(forth, kOne));
  EXPECT_EQ(back, "1:from-host=6,snat=2;0:from-host=1,snat=2");
  EXPECT_EQ(ToText(WithMarkLayout(back, kOne)), back) << "a restart changes nothing";
}

TEST(MarkLayout, WhenAllGenerationsAreTakenTheOldestGoes) {
  std::string record;
  for (uint8_t bit = 0; bit <= kMostMarkGeneration; ++bit)
    record = ToText(WithMarkLayout(record, {.bits = {{fmt::format("field{}", bit), 0}}}));
  const auto layouts = WithMarkLayout(record, kOne);
  ASSERT_EQ(layouts.size(), size_t{kMostMarkGeneration} + 1);
  EXPECT_EQ(layouts.back(), (MarkLayout{0, kOne.bits}));
  EXPECT_EQ(layouts.front().bits.begin()->first, "field1");
}

}  // namespace
}  // namespace kvs::pipeline
