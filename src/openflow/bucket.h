#pragma once

#include "base/result.h"
#include "flow/flow.h"
#include "openflow/wire.h"

// What group mods and group descriptions have in common.
namespace kvs::openflow {

void WriteBucket(flow::Group::Type type, const flow::Bucket& bucket, Writer& out);
// The reader holds buckets; an unknown property or action is an error, and ends `out`.
Result<> ReadBuckets(flow::Group::Type type, Reader in, std::vector<flow::Bucket>& out);

// The properties of a group: how a select group selects.
void WriteGroupProperties(const flow::Group& group, Writer& out);
Result<> ReadGroupProperties(Reader in, flow::Group& group);

}  // namespace kvs::openflow
