#include "pipeline/scenario.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/golden.h"

// Every testdata/*.scenario. base/golden.h says how they are renewed.
namespace kvs::pipeline {
namespace {

const std::filesystem::path kTestData = KVS_TESTDATA;

std::vector<std::filesystem::path> Scenarios() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kTestData))
    if (entry.path().extension() == ".scenario") paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

class ScenarioTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScenarioTest, ComesToWhatItSays) {
  const std::string text = ReadFile(GetParam()).value_or("");
  std::vector<ScenarioStep> steps = ParseScenario(text);
  ASSERT_FALSE(steps.empty());
  world::World world;
  Pipeline pipeline(world);
  DeltaText text_of(pipeline);
  for (ScenarioStep& step : steps) {
    for (const std::string& line : step.changes) {
      const auto done = Change(world, line);
      ASSERT_TRUE(done) << line << ": " << done.error().message;
    }
    step.expected = text_of.Run();
  }
  ExpectGolden(GetParam(), PrintScenario(steps));
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, testing::ValuesIn(Scenarios()),
                         [](const auto& info) { return info.param.stem().string(); });

TEST(ScenarioFileTest, BadLinesAreNamed) {
  world::World world;
  EXPECT_EQ(Change(world, "put Port kv3 ofport=x").error().message, "ofport=x: \"x\" is no number");
  EXPECT_EQ(Change(world, "put Port kv3 colour=red").error().message,
            "\"colour=red\": no such field");
  EXPECT_EQ(Change(world, "put Pod kv3").error().message,
            "\"put Pod kv3\": there is no kind of fact Pod");
  EXPECT_FALSE(Change(world, "put NodeAddress kv3"));
  EXPECT_FALSE(Change(world, "paint Port kv3"));
}

}  // namespace
}  // namespace kvs::pipeline
