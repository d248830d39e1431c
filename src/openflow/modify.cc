#include "openflow/modify.h"

#include "openflow/actions.h"
#include "openflow/bucket.h"
#include "openflow/oxm.h"
#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

enum class FlowCommand : uint8_t { kAdd = 0, kDelete = 3, kDeleteStrict = 4 };
enum class GroupCommand : uint16_t {
  kDelete = 2,
  kInsertBucket = 3,
  kRemoveBucket = 5,
  kAddOrModify = 0x8000,  // extension of Open vSwitch
};

constexpr size_t kBundleFrame = kHeaderSize + 8;
constexpr size_t kGroupFrame = kHeaderSize + 16;
constexpr size_t kMaxGroupProperties = 1024;
constexpr uint32_t kAtTheEnd = 0xfffffffe;  // OFPG_BUCKET_LAST
constexpr uint32_t kNoBucket = 0xffffffff;

struct FlowMod {
  FlowCommand command;
  uint8_t table = kAllTables;
  uint16_t priority = 0;
  uint64_t cookie = 0, cookie_mask = 0;
  uint16_t idle_timeout = 0, hard_timeout = 0;
};

void WriteFlowMod(const FlowMod& mod, Writer& out) {
  out.U64(mod.cookie);
  out.U64(mod.cookie_mask);
  out.U8(mod.table);
  out.U8(static_cast<uint8_t>(mod.command));
  out.U16(mod.idle_timeout);
  out.U16(mod.hard_timeout);
  out.U16(mod.priority);
  out.U32(kNoBuffer);
  out.U32(flow::kPortAny);
  out.U32(kAnyGroup);
  out.Zeros(4);  // flags, importance
}

void WriteGroupMod(GroupCommand command, flow::Group::Type type, uint32_t group, uint32_t bucket,
                   std::string_view buckets, Writer& out) {
  out.U16(static_cast<uint16_t>(command));
  out.U8(static_cast<uint8_t>(type));
  out.Zeros(1);
  out.U32(group);
  out.U16(static_cast<uint16_t>(buckets.size()));
  out.Zeros(2);
  out.U32(bucket);
  out.Bytes(buckets);
}

// Buckets that fit in one message.
struct Chunks {
  std::vector<std::string> chunks;
  bool too_large = false;  // a bucket alone
};

Chunks Split(flow::Group::Type type, const std::vector<flow::Bucket>& buckets) {
  constexpr size_t kLimit = kMaxMessage - kBundleFrame - kGroupFrame - kMaxGroupProperties;
  Chunks out;
  out.chunks.emplace_back();
  Writer one;
  for (const flow::Bucket& bucket : buckets) {
    one.Clear();
    WriteBucket(type, bucket, one);
    if (one.size() > kLimit) out.too_large = true;
    if (out.chunks.back().size() + one.size() > kLimit) out.chunks.emplace_back();
    out.chunks.back() += one.bytes();
  }
  return out;
}

// One overload per change.
class ChangeWriter {
 public:
  ChangeWriter(uint32_t xid, std::optional<uint32_t> bundle, Writer& out)
      : xid_(xid), bundle_(bundle), out_(out) {}

  bool fits() const { return fits_; }
  uint32_t messages() const { return messages_; }

  void operator()(const PutFlow& put) {
    const flow::Flow& flow = put.flow;
    Write(MessageType::kFlowMod, [&] {
      WriteFlowMod({.command = FlowCommand::kAdd,
                    .table = flow.key.table,
                    .priority = flow.key.priority,
                    .cookie = flow.cookie,
                    .idle_timeout = flow.idle_timeout,
                    .hard_timeout = flow.hard_timeout},
                   out_);
      WriteMatch(flow.key.match, out_);
      WriteInstructions(flow.actions, out_);
    });
  }

  // No cookie here: with one, Open vSwitch walks all flows that share it, for each delete.
  void operator()(const EraseFlow& erase) {
    Write(MessageType::kFlowMod, [&] {
      WriteFlowMod({.command = FlowCommand::kDeleteStrict,
                    .table = erase.key.table,
                    .priority = erase.key.priority},
                   out_);
      WriteMatch(erase.key.match, out_);
    });
  }

  void operator()(const EraseForeignFlow& erase) {
    Write(MessageType::kFlowMod, [&] {
      WriteFlowMod(
          {.command = FlowCommand::kDeleteStrict, .table = erase.table, .priority = erase.priority},
          out_);
      WriteMatchBytes(erase.match, out_);
    });
  }

  void operator()(const EraseFlowsByCookie& erase) {
    Write(MessageType::kFlowMod, [&] {
      WriteFlowMod(
          {.command = FlowCommand::kDelete, .cookie = erase.cookie, .cookie_mask = erase.mask},
          out_);
      WriteMatch({}, out_);
    });
  }

  void operator()(const PutGroup& put) {
    const flow::Group& group = put.group;
    const Chunks buckets = Split(group.type, group.buckets);
    if (buckets.too_large) fits_ = false;
    Write(MessageType::kGroupMod, [&] {
      WriteGroupMod(GroupCommand::kAddOrModify, group.type, group.group_id, kNoBucket,
                    buckets.chunks.front(), out_);
      WriteGroupProperties(group, out_);
    });
    for (size_t i = 1; i < buckets.chunks.size(); ++i)
      Insert(group.type, group.group_id, buckets.chunks[i]);
  }

  void operator()(const EraseGroup& erase) {
    Write(MessageType::kGroupMod,
          [&] { WriteGroupMod(GroupCommand::kDelete, {}, erase.group, kNoBucket, {}, out_); });
  }

  void operator()(const InsertBuckets& insert) {
    const auto type = flow::Group::Type::kSelect;
    const Chunks buckets = Split(type, insert.buckets);
    if (buckets.too_large) fits_ = false;
    for (const std::string& chunk : buckets.chunks) Insert(type, insert.group, chunk);
  }

  void operator()(const EraseBucket& erase) {
    Write(MessageType::kGroupMod, [&] {
      WriteGroupMod(GroupCommand::kRemoveBucket, {}, erase.group, erase.bucket, {}, out_);
    });
  }

 private:
  void Insert(flow::Group::Type type, uint32_t group, std::string_view buckets) {
    Write(MessageType::kGroupMod, [&] {
      WriteGroupMod(GroupCommand::kInsertBucket, type, group, kAtTheEnd, buckets, out_);
    });
  }

  template <class Body>
  void Write(MessageType type, const Body& body) {
    const size_t start = out_.size();
    const uint32_t xid = xid_ + messages_++;
    if (bundle_) {
      const Envelope outer(out_, MessageType::kBundleAdd, xid);
      out_.U32(*bundle_);
      out_.Zeros(2);
      out_.U16(kBundleFlags);
      const Envelope inner(out_, type, xid);
      body();
    } else {
      const Envelope envelope(out_, type, xid);
      body();
    }
    if (out_.size() - start > kMaxMessage) fits_ = false;
  }

  const uint32_t xid_;
  const std::optional<uint32_t> bundle_;
  Writer& out_;
  uint32_t messages_ = 0;
  bool fits_ = true;
};

}  // namespace

Result<uint32_t> WriteChange(const Change& change, uint32_t first_xid,
                             std::optional<uint32_t> bundle, Writer& out) {
  const size_t start = out.size();
  ChangeWriter writer(first_xid, bundle, out);
  std::visit(writer, change);
  if (writer.fits()) return writer.messages();
  out.Truncate(start);
  return Fail("larger than a message of OpenFlow can be (64 KiB)");
}

}  // namespace kvs::openflow
