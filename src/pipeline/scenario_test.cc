#include "pipeline/scenario.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"

// Every testdata/*.scenario. UPDATE=1 in the environment writes what came out into the files; look
// at the difference before you commit it.
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
  if (std::getenv("UPDATE") != nullptr) std::ofstream(GetParam()) << PrintScenario(steps);
  EXPECT_EQ(PrintScenario(steps), ReadFile(GetParam()).value_or(""))
      << "UPDATE=1 writes the new text into " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, testing::ValuesIn(Scenarios()),
                         [](const auto& info) { return info.param.stem().string(); });

TEST(ScenarioFileTest, BadLinesAreNamed) {
  world::World world;
  EXPECT_EQ(Change(world, "put port kv3 ofport=x").error().message, "ofport=x: \"x\" is no number");
  EXPECT_EQ(Change(world, "put port kv3 colour=red").error().message,
            "\"colour=red\": no such field");
  EXPECT_FALSE(Change(world, "paint port kv3"));
}

}  // namespace
}  // namespace kvs::pipeline
