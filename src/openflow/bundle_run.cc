#include "openflow/bundle_run.h"

#include <algorithm>
#include <numeric>

#include "openflow/error.h"
#include "openflow/modify.h"

namespace kvs::openflow {
namespace {

// Groups must exist before flows use them, and can be deleted only after those.
int TableId(const Change& change) {
  if (std::holds_alternative<EraseGroup>(change)) return 2;
  const bool group = std::holds_alternative<PutGroup>(change) ||
                     std::holds_alternative<InsertBuckets>(change) ||
                     std::holds_alternative<EraseBucket>(change);
  return group ? 0 : 1;
}

}  // namespace

BundleRun::BundleRun(std::vector<Change> changes, size_t bundle_size, uint32_t first_id, Done done)
    : changes_(std::move(changes)),
      bundle_size_(bundle_size == 0 ? std::max<size_t>(1, changes_.size()) : bundle_size),
      id_(first_id),
      done_(std::move(done)),
      order_(changes_.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [this](uint32_t a, uint32_t b) {
    return TableId(changes_[a]) < TableId(changes_[b]);
  });
}

uint32_t BundleRun::bundles() const {
  return static_cast<uint32_t>(changes_.size() / bundle_size_ + 1);
}

uint32_t BundleRun::LastXid() const {
  return kFirstXid + static_cast<uint32_t>(change_of_message_.size());
}

size_t BundleRun::End() const { return std::min(begin_ + bundle_size_, order_.size()); }

void BundleRun::WriteControl(BundleControl type, uint32_t xid, Writer& out) const {
  const Envelope envelope(out, MessageType::kBundleControl, xid);
  out.U32(id_);
  out.U16(static_cast<uint16_t>(type));
  out.U16(kBundleFlags);
}

void BundleRun::Write(Writer& out, size_t limit) {
  if (phase_ == Phase::kOpening) {
    WriteControl(BundleControl::kOpen, kFirstXid, out);
    phase_ = Phase::kAdding;
  }
  if (phase_ == Phase::kAdding) {
    WriteChanges(out, limit);
  } else if (phase_ == Phase::kCommitting) {
    WriteControl(BundleControl::kCommit, LastXid() + 2, out);
    phase_ = Phase::kWaiting;
  } else if (phase_ == Phase::kDiscarding) {
    WriteControl(BundleControl::kDiscard, LastXid() + 2, out);
    phase_ = Phase::kWaiting;
  }
}

void BundleRun::WriteChanges(Writer& out, size_t limit) {
  for (; next_ < End(); ++next_) {
    if (out.size() >= limit) return;
    const uint32_t change = order_[next_];
    const auto messages = WriteChange(changes_[change], LastXid() + 1, id_, out);
    if (messages)
      change_of_message_.insert(change_of_message_.end(), *messages, change);
    else
      Refuse(change, messages.error().message);
  }
  const Envelope barrier(out, MessageType::kBarrierRequest, LastXid() + 1);
  phase_ = Phase::kChecking;
}

void BundleRun::Receive(const Message& message) {
  if (message.type == MessageType::kError) return ReceiveError(message);
  if (message.type == MessageType::kBarrierReply && phase_ == Phase::kChecking) {
    phase_ = result_.refused.empty() && !result_.error ? Phase::kCommitting : Phase::kDiscarding;
    return;
  }
  if (message.type != MessageType::kBundleControl) return;
  Reader body = message.body;
  body.Skip(4);
  const auto type = static_cast<BundleControl>(body.U16());
  if (type == BundleControl::kCommitted) Committed();
  if (type == BundleControl::kDiscarded) finished_ = true;
}

void BundleRun::ReceiveError(const Message& message) {
  const std::string why = ReadError(message.body).ToString();
  if (message.xid > kFirstXid && message.xid <= LastXid())
    return Refuse(change_of_message_[message.xid - kFirstXid - 1], why);
  // Errors of opening, committing and discarding. The reason of a refusal is more useful.
  if (result_.refused.empty() && !result_.error) result_.error = Error{"bundle: " + why};
  if (phase_ == Phase::kWaiting) finished_ = true;
}

void BundleRun::Refuse(size_t change, const std::string& why) {
  auto& refused = result_.refused;
  if (!refused.empty() && refused.back().change == change) return;  // another of its messages
  refused.push_back({change, ToString(changes_[change]) + ": " + why});
}

void BundleRun::Committed() {
  result_.committed += End() - begin_;
  begin_ = next_;
  if (begin_ == order_.size()) {
    finished_ = true;
    return;
  }
  ++id_;
  change_of_message_.clear();
  phase_ = Phase::kOpening;
}

std::string BundleRun::Summary() const {
  const auto& refused = result_.refused;
  std::string text = "the switch refused to " + refused.front().reason;
  if (refused.size() > 1) text += fmt::format(" (and {} more)", refused.size() - 1);
  return text;
}

void BundleRun::Report(std::optional<Error> error) {
  finished_ = true;
  if (!result_.refused.empty())
    result_.error = Error{Summary()};
  else if (error)
    result_.error = std::move(error);
  if (done_) done_(result_);
}

}  // namespace kvs::openflow
