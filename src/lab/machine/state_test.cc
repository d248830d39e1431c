#include "lab/machine/state.h"

#include <gtest/gtest.h>

namespace kvs::lab {
namespace {

TEST(State, NamesThatCannotBeMistaken) {
  EXPECT_TRUE(State::Of("demo2"));
  for (const char* bad : {"", "a-b", "Demo", "../x", "seventeenletters1"}) {
    EXPECT_FALSE(State::Of(bad)) << bad;
  }
}

}  // namespace
}  // namespace kvs::lab
