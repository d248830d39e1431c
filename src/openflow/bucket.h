#pragma once

#include "base/result.h"
#include "flow/flow.h"
#include "openflow/wire.h"

// What group mods and group descriptions share.
namespace kvs::openflow {

void WriteBucket(flow::Group::Type type, const flow::Bucket& bucket, Writer& out);
// `in` holds the buckets. Stops with an error at an unknown property or action; `out` then has the
// buckets before it.
Result<> ReadBuckets(flow::Group::Type type, Reader in, std::vector<flow::Bucket>& out);

// The properties of a group: how a select group selects a bucket.
void WriteGroupProperties(const flow::Group& group, Writer& out);
Result<> ReadGroupProperties(Reader in, flow::Group& group);

}  // namespace kvs::openflow
