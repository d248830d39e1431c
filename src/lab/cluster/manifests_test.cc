#include "lab/cluster/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/own_folder.h"

namespace kvs::lab {
namespace {

using testing::HasSubstr;

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Manifests, TheExampleIsWhatTheLabWrites) {
  const OwnFolder own;
  const std::string folder = own.path() + "/manifests";
  ASSERT_TRUE(WriteManifests(folder, 3, false));
  for (const char* file : {"nodes.yaml", "namespaces.yaml", "pods.yaml"})
    EXPECT_EQ(Content(folder + "/" + file), Content(std::string(KVS_EXAMPLE) + "/" + file)) << file;
  const auto read = ReadManifests(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->problems, testing::IsEmpty());
  EXPECT_EQ(read->nodes.size(), 3u);
  EXPECT_EQ(read->pods.size(), 6u);

  ASSERT_TRUE(WritePod(folder, "shop/extra", "node2"));
  EXPECT_EQ(ReadManifests(folder)->pods.size(), 7u);
  ASSERT_TRUE(RemovePod(folder, "shop/extra"));
  EXPECT_THAT(RemovePod(folder, "shop/web-1").error().message, HasSubstr("not in a file"));
  EXPECT_THAT(WritePod(folder, "web", "node1").error().message, HasSubstr("namespace/name"));
}

}  // namespace
}  // namespace kvs::lab
