#include "apply/attachment_status.h"

#include <gtest/gtest.h>

#include "io/test_loop.h"

namespace kvs::apply {
namespace {

using std::chrono::milliseconds;

class AttachmentStatusTest : public testing::Test {
 protected:
  // As OVSDB shows the port of a pod, attached by the plugin or restored from its link.
  static ovsdb::Interface Port(bool realized, const std::string& netns = "/run/netns/cni-1") {
    ovsdb::Interface port;
    port.name = "kvef";
    port.external_ids =
        ovsdb::Attachment{.container = "f00d", .ifname = "eth0", .netns = netns}.ToExternalIds();
    if (realized) port.external_ids.merge(ovsdb::AttachmentStatus{.realized = 3}.ToExternalIds());
    return port;
  }
  void Note(const ovsdb::Interface* before, const ovsdb::Interface* after) {
    ovsdb::Change change;
    change.interfaces.push_back({before == nullptr ? std::nullopt : std::optional(*before), after});
    writer_.Note(change);
  }

  io::TestLoop loop_;
  ovsdb::Session session_{
      loop_, {.path = "/nonexistent"}, {[](const auto&) {}, [] {}, [](const auto&) {}}};
  openflow::Connection connection_{loop_, "/nonexistent", {}};
  std::vector<milliseconds> waited_;
  AttachmentStatusWriter writer_{
      loop_, session_, connection_, {}, [this](milliseconds time) { waited_.push_back(time); }};
  const ovsdb::Interface asks_ = Port(false), realized_ = Port(true);
};

TEST_F(AttachmentStatusTest, APodHasWaitedFromItsFirstSightToItsMark) {
  Note(nullptr, &asks_);
  loop_.Advance(milliseconds(20));
  Note(&asks_, &asks_);  // something else of it changed
  EXPECT_EQ(writer_.waiting(), 1u);
  EXPECT_TRUE(waited_.empty());
  loop_.Advance(milliseconds(20));
  Note(&asks_, &realized_);
  ASSERT_EQ(waited_.size(), 1u);
  EXPECT_EQ(waited_[0], milliseconds(40));
  Note(&realized_, &realized_);
  EXPECT_EQ(waited_.size(), 1u);
  EXPECT_EQ(writer_.waiting(), 0u);
}

TEST_F(AttachmentStatusTest, WhoDidNotWaitIsNotMeasured) {
  Note(nullptr, &realized_);  // it was there when the agent began
  Note(nullptr, &asks_);
  Note(&asks_, nullptr);  // the plugin gave up
  const ovsdb::Interface remade = Port(false, ""), remade_realized = Port(true, "");
  Note(nullptr, &remade);
  Note(&remade, &remade_realized);
  EXPECT_TRUE(waited_.empty());
  EXPECT_EQ(writer_.waiting(), 0u);
}

}  // namespace
}  // namespace kvs::apply
