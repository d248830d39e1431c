#include "agent/watch/limit_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/test_loop.h"

namespace kvs::agent {
namespace {

class LimitWatchTest : public testing::Test {
 protected:
  LimitWatchTest() {
    world_.ports.Put({.name = "kv1", .ofport = 19, .pod = {"shop", "web-1"}});
    world_.ports.Put({.name = "kv2", .ofport = 20, .pod = {"shop", "web-2"}});
  }

  io::TestLoop loop_;
  openflow::Connection nowhere_{loop_, "/nonexistent", {}};
  world::World world_;
  LimitWatch watch_{loop_, nowhere_, world_};
};

TEST_F(LimitWatchTest, NamesThePodOfWhichSomethingWasDroppedAndForgetsIt) {
  watch_.Note(std::chrono::seconds(100), {{38, 900, 500}, {39, 0, 0}, {40, 7, 0}, {41, 0, 0}});
  EXPECT_THAT(watch_.Problems(), testing::IsEmpty()) << "who knows when that was";
  watch_.Note(std::chrono::seconds(110), {{38, 950, 520}, {39, 0, 0}, {40, 9, 0}, {41, 50, 3}});
  ASSERT_EQ(watch_.Problems().size(), 2u);
  EXPECT_EQ(watch_.Problems()[0].object, "Pod/shop/web-1");
  EXPECT_EQ(watch_.Problems()[0].field, "connections");
  EXPECT_THAT(
      watch_.Problems()[0].message,
      testing::HasSubstr(
          "more than the limit of 4000 per second (8000 at once): 20 were dropped in 10 s"));
  EXPECT_EQ(watch_.Problems()[1].object, "Pod/shop/web-2");
  EXPECT_EQ(watch_.Problems()[1].field, "fragments");
  watch_.Note(std::chrono::seconds(120), {{38, 960, 520}, {39, 0, 0}, {40, 9, 0}, {41, 60, 3}});
  EXPECT_THAT(watch_.Problems(), testing::IsEmpty());
  EXPECT_EQ(watch_.dropped_connections(), 20u);
  EXPECT_EQ(watch_.dropped_fragments(), 3u);
}

TEST_F(LimitWatchTest, AMeterThatWasMadeAgainCountsFromNothing) {
  watch_.Note(std::chrono::seconds(100), {{38, 900, 500}});
  watch_.Note(std::chrono::seconds(110), {});
  EXPECT_THAT(watch_.Problems(), testing::IsEmpty());
  watch_.Note(std::chrono::seconds(120), {{38, 9, 5}});
  EXPECT_EQ(watch_.dropped_connections(), 5u);
  watch_.Note(std::chrono::seconds(130), {{38, 4, 2}});
  EXPECT_EQ(watch_.dropped_connections(), 7u);
}

}  // namespace
}  // namespace kvs::agent
