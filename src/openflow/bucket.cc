#include "openflow/bucket.h"

#include <algorithm>

#include "openflow/actions.h"
#include "openflow/oxm.h"
#include "openflow/protocol.h"

namespace kvs::openflow {
namespace {

using flow::Group;

constexpr uint16_t kWeight = 0, kWatchPort = 1, kWatchGroup = 2;  // OFPGBPT_*
constexpr uint16_t kExperimenterProperty = 0xffff;
constexpr uint32_t kSelectionMethod = 1;  // of Netronome's extension
constexpr size_t kMethodSize = 16;
constexpr uint16_t kDefaultWeight = 1;

Result<> ReadBucketProperties(Reader in, flow::Bucket& bucket) {
  while (in.more()) {
    Reader value;
    const uint16_t type = Property::Read(in, value);
    if (type == kWeight)
      bucket.weight = value.U16();
    else if (type != kWatchPort && type != kWatchGroup)
      return Fail("bucket {}: property {} is not known", bucket.id, type);
    else if (value.U32() != 0xffffffff)
      return Fail("bucket {}: watches a port or a group", bucket.id);
    if (!value.ok()) in.Fail();
  }
  if (!in.ok()) return Fail("bucket {}: properties cut off", bucket.id);
  return {};
}

Result<> ReadSelection(Reader& in, Group& group) {
  in.Skip(4);
  const std::string method = in.Text(kMethodSize);
  in.Skip(8);  // the method's parameter
  const std::string_view name = method.c_str();
  if (name == "hash")
    group.selection = Group::Selection::kHash;
  else if (name == "dp_hash")
    group.selection = Group::Selection::kDpHash;
  else
    return Fail("group {}: selection method \"{}\" is not known", group.group_id, name);
  while (in.more()) {
    const auto item = ReadField(in);
    if (!item) return Fail("group {}: a hash field is not known", group.group_id);
    group.hash_fields.push_back(item->field);
  }
  std::sort(group.hash_fields.begin(), group.hash_fields.end());
  return {};
}

}  // namespace

void WriteBucket(Group::Type type, const flow::Bucket& bucket, Writer& out) {
  const size_t start = out.size();
  out.Zeros(4);
  out.U32(bucket.id);
  WriteActions(bucket.actions, out);
  out.Patch16(start + 2, out.size() - start - 8);
  if (type == Group::Type::kSelect) {
    const Property property(out, kWeight);
    out.U16(bucket.weight);
  }
  out.Patch16(start, out.size() - start);
}

Result<> ReadBuckets(Group::Type type, Reader in, std::vector<flow::Bucket>& out) {
  while (in.more()) {
    flow::Bucket bucket;
    const uint16_t size = in.U16();
    const uint16_t actions_size = in.U16();
    bucket.id = in.U32();
    if (size < 8 || actions_size > size - 8) in.Fail();
    Reader actions = in.Sub(in.ok() ? actions_size : 0);
    Reader properties = in.Sub(in.ok() ? size - 8 - actions_size : 0);
    if (!in.ok()) break;
    if (type == Group::Type::kSelect) bucket.weight = kDefaultWeight;
    auto read = ReadActions(actions);
    if (!read) return Wrap(fmt::format("bucket {}", bucket.id), read.error());
    bucket.actions = std::move(*read);
    if (auto ok = ReadBucketProperties(properties, bucket); !ok) return ok;
    out.push_back(std::move(bucket));
  }
  if (!in.ok()) return Fail("buckets: cut off");
  return {};
}

void WriteGroupProperties(const Group& group, Writer& out) {
  if (group.type != Group::Type::kSelect || group.selection == Group::Selection::kDefault) return;
  const bool hash = group.selection == Group::Selection::kHash;
  const std::string_view method = hash ? "hash" : "dp_hash";
  const Property property(out, kExperimenterProperty);
  out.U32(kNetronome);
  out.U32(kSelectionMethod);
  out.Zeros(4);
  out.Bytes(method);
  out.Zeros(kMethodSize - method.size() + 8);
  if (!hash) return;
  for (const flow::Field field : group.hash_fields) {
    const auto ones = flow::Value::Ones(flow::InfoOf(field).bits);
    WriteField({field, ones, ones}, out);
  }
}

Result<> ReadGroupProperties(Reader in, Group& group) {
  while (in.more()) {
    Reader value;
    const uint16_t type = Property::Read(in, value);
    if (type != kExperimenterProperty || value.U32() != kNetronome ||
        value.U32() != kSelectionMethod)
      return Fail("group {}: property {} is not known", group.group_id, type);
    if (auto ok = ReadSelection(value, group); !ok) return ok;
    if (!value.ok()) in.Fail();
  }
  if (!in.ok()) return Fail("group {}: properties cut off", group.group_id);
  return {};
}

}  // namespace kvs::openflow
