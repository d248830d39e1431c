#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "openflow/connection.h"
#include "openflow/protocol.h"

namespace kvs::openflow {

// One Connection::Apply(). For each bundle: OPEN, the changes, BARRIER, then COMMIT if no change
// was refused, else DISCARD (the switch would commit a bundle without its refused messages). It
// does no I/O: the session asks it to write, and passes it the messages with its xids, which are
// those with the highest bit set.
class BundleRun {
 public:
  using Done = std::function<void(const ApplyResult&)>;

  // Uses bundles() bundle ids, from `first_id` on.
  BundleRun(std::vector<Change> changes, size_t bundle_size, uint32_t first_id, Done done);

  static bool Owns(uint32_t xid) { return (xid & kFirstXid) != 0; }
  uint32_t bundles() const;

  // Writes until `out` has at least `limit` bytes, or until the switch must answer first.
  void Write(Writer& out, size_t limit);
  void Receive(const Message& message);

  bool finished() const { return finished_; }
  // Calls Done, at the end or with the error that ended the operation.
  void Report(std::optional<Error> error = std::nullopt);

 private:
  enum class Phase { kOpening, kAdding, kChecking, kCommitting, kDiscarding, kWaiting };

  static constexpr uint32_t kFirstXid = 0x80000000;

  uint32_t LastXid() const;  // of the changes in this bundle
  size_t End() const;        // of this bundle, in order_
  void WriteControl(BundleControl type, uint32_t xid, Writer& out) const;
  void WriteChanges(Writer& out, size_t limit);
  void ReceiveError(const Message& message);
  void Refuse(size_t change, const std::string& why);
  void Committed();
  std::string Summary() const;

  const std::vector<Change> changes_;
  const size_t bundle_size_;
  uint32_t id_;
  const Done done_;

  std::vector<uint32_t> order_;              // places in changes_
  size_t begin_ = 0, next_ = 0;              // in order_: this bundle's first, and what comes next
  std::vector<uint32_t> change_of_message_;  // of this bundle, by xid
  Phase phase_ = Phase::kOpening;
  bool finished_ = false;
  ApplyResult result_;
};

}  // namespace kvs::openflow
