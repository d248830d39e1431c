#include "feed/ovs_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::feed {
namespace {

std::optional<Problem> Check(std::optional<std::string> version) {
  ovsdb::Replica replica;
  replica.open_vswitch.Put({.ovs_version = std::move(version)});
  return CheckOvsVersion(replica);
}

TEST(OvsVersion, OldOnesAreAProblemThatSaysWhatToDo) {
  for (const char* old : {"2.17.9", "3.0.90", "3.0", "0.9.1"}) {
    const auto problem = Check(old);
    ASSERT_TRUE(problem) << old;
    EXPECT_THAT(problem->message, testing::HasSubstr(old));
    EXPECT_THAT(problem->message, testing::HasSubstr("3.1 or newer: upgrade it"));
  }
}

TEST(OvsVersion, WhatIsNewEnoughOrUnknownIsNone) {
  for (const char* good : {"3.1.0", "3.10.2-1", "4.0", "", "unknown"})
    EXPECT_FALSE(Check(good)) << good;
  EXPECT_FALSE(Check(std::nullopt));
  EXPECT_FALSE(CheckOvsVersion({})) << "a database that was not read yet";
}

}  // namespace
}  // namespace kvs::feed
