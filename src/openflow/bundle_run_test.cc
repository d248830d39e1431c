#include "openflow/bundle_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "openflow/framer.h"

namespace kvs::openflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The switch's side, by hand.
class BundleRunTest : public testing::Test {
 protected:
  void Start(std::vector<Change> changes, size_t bundle_size = 0) {
    run_ = std::make_unique<BundleRun>(std::move(changes), bundle_size, 7,
                                       [this](const ApplyResult& result) { result_ = result; });
  }

  // What is written now, as "OPEN ADD ADD BARRIER".
  std::string Written() {
    Writer out;
    run_->Write(out, 1 << 20);
    Framer framer;
    framer.Append({reinterpret_cast<const uint8_t*>(out.bytes().data()), out.size()});
    std::string text;
    while (const auto message = framer.Next()) {
      EXPECT_TRUE(BundleRun::Owns(message->xid));
      xids_.push_back(message->xid);
      Reader body = message->body;
      const uint32_t id = body.U32();
      text += text.empty() ? "" : " ";
      if (message->type == MessageType::kBarrierRequest) text += "BARRIER";
      if (message->type == MessageType::kBundleAdd) text += "ADD";
      if (message->type == MessageType::kBundleControl)
        text += fmt::format("CONTROL{}:{}", body.U16(), id);
    }
    return text;
  }

  void Answer(MessageType type, uint32_t xid, std::string_view body = {}) {
    run_->Receive({kVersion, type, xid, Reader(body)});
  }
  void Refuse(uint32_t xid, uint16_t type, uint16_t code) {
    Writer body;
    body.U16(type);
    body.U16(code);
    Answer(MessageType::kError, xid, body.bytes());
  }
  void Control(BundleControl type, uint32_t xid) {
    Writer body;
    body.U32(7);
    body.U16(static_cast<uint16_t>(type));
    Answer(MessageType::kBundleControl, xid, body.bytes());
  }

  std::unique_ptr<BundleRun> run_;
  std::optional<ApplyResult> result_;
  std::vector<uint32_t> xids_;
};

TEST_F(BundleRunTest, CommitsOnlyAfterTheBarrier) {
  Start({EraseGroup{1}, PutFlow{}});
  EXPECT_EQ(Written(), "CONTROL0:7 ADD ADD BARRIER");
  EXPECT_EQ(Written(), "");
  Control(BundleControl::kOpened, xids_[0]);
  EXPECT_EQ(Written(), "");
  Answer(MessageType::kBarrierReply, xids_[3]);
  EXPECT_EQ(Written(), "CONTROL4:7");
  EXPECT_FALSE(run_->finished());
  Control(BundleControl::kCommitted, xids_[4]);
  ASSERT_TRUE(run_->finished());
  run_->Report();
  EXPECT_TRUE(result_->ok());
  EXPECT_EQ(result_->committed, 2u);
}

TEST_F(BundleRunTest, DiscardsWhatHasARefusedChange) {
  Start({EraseGroup{1}, PutFlow{}, EraseGroup{2}});
  EXPECT_EQ(Written(), "CONTROL0:7 ADD ADD ADD BARRIER");
  Refuse(xids_[1], 4, 9);  // the flow goes first
  Answer(MessageType::kBarrierReply, xids_[4]);
  EXPECT_EQ(Written(), "CONTROL6:7");
  Control(BundleControl::kDiscarded, xids_[5]);
  ASSERT_TRUE(run_->finished());
  run_->Report();
  ASSERT_EQ(result_->refused.size(), 1u);
  EXPECT_EQ(result_->refused[0].change, 1u);
  EXPECT_THAT(result_->error->message, HasSubstr("OFPBMC_BAD_PREREQ"));
  EXPECT_EQ(result_->committed, 0u);
}

TEST_F(BundleRunTest, ARefusalAtTheCommitEndsIt) {
  Start({PutFlow{}});
  Written();
  Answer(MessageType::kBarrierReply, xids_[2]);
  Written();
  Refuse(xids_[1], 2, 9);
  EXPECT_FALSE(run_->finished());
  Refuse(xids_[3], 17, 13);
  ASSERT_TRUE(run_->finished());
  run_->Report();
  EXPECT_THAT(result_->error->message, HasSubstr("OFPBAC_BAD_OUT_GROUP"));
  EXPECT_THAT(result_->error->message, testing::Not(HasSubstr("MSG_FAILED")));
}

TEST_F(BundleRunTest, ABundleThatCannotBeOpenedIsAnError) {
  Start({PutFlow{}});
  Written();
  Refuse(xids_[0], 17, 5);
  Answer(MessageType::kBarrierReply, xids_[2]);
  EXPECT_EQ(Written(), "CONTROL6:7");
  Refuse(xids_[3], 17, 2);  // nothing there to be discarded
  ASSERT_TRUE(run_->finished());
  run_->Report();
  EXPECT_THAT(result_->error->message, HasSubstr("OFPBFC_OUT_OF_BUNDLES"));
  EXPECT_TRUE(result_->refused.empty());
}

TEST_F(BundleRunTest, AnErrorOfNoMessageIsOfTheBundle) {
  Start({PutFlow{}});
  Written();
  Refuse(0, 17, 5);
  Answer(MessageType::kBarrierReply, xids_[2]);
  EXPECT_EQ(Written(), "CONTROL6:7");
  Control(BundleControl::kDiscarded, xids_[3]);
  run_->Report();
  EXPECT_THAT(result_->error->message, HasSubstr("OFPBFC_OUT_OF_BUNDLES"));
  EXPECT_TRUE(result_->refused.empty());
}

TEST_F(BundleRunTest, GroupsComeFirstAndGoLast) {
  // By the size of the messages: a deleted group has 40 bytes, a put one has more.
  Start({EraseGroup{1}, PutFlow{}, PutGroup{}}, 1);
  std::vector<std::string> order;
  for (int i = 0; i < 3; ++i) {
    Writer out;
    run_->Write(out, 1 << 20);
    Framer framer;
    framer.Append({reinterpret_cast<const uint8_t*>(out.bytes().data()), out.size()});
    while (const auto message = framer.Next()) {
      Reader body = message->body;
      body.Skip(9);
      if (message->type == MessageType::kBundleAdd)
        order.push_back(body.U8() == static_cast<uint8_t>(MessageType::kFlowMod) ? "flow"
                                                                                 : "group");
    }
    Answer(MessageType::kBarrierReply, 0x80000002);
    run_->Write(out, 1 << 20);
    Control(BundleControl::kCommitted, 0x80000003);
  }
  EXPECT_THAT(order, ElementsAre("group", "flow", "group"));
  EXPECT_TRUE(run_->finished());
}

TEST_F(BundleRunTest, WritesNoMoreThanItMay) {
  Start(std::vector<Change>(10000, PutFlow{}));
  Writer out;
  run_->Write(out, 1000);
  EXPECT_LT(out.size(), 1200u);
  out.Clear();
  run_->Write(out, 5000);
  EXPECT_GE(out.size(), 5000u);
}

}  // namespace
}  // namespace kvs::openflow
