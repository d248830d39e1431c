#include "openflow/change.h"

#include <fmt/format.h>

namespace kvs::openflow {
namespace {

struct Text {
  std::string operator()(const PutFlow& put) const { return "add " + put.flow.ToString(); }
  std::string operator()(const EraseFlow& erase) const {
    const std::string match = erase.key.match.ToString();
    return fmt::format("delete table={}, priority={}{}{}", erase.key.table, erase.key.priority,
                       match.empty() ? "" : ",", match);
  }
  std::string operator()(const EraseForeignFlow& erase) const {
    return fmt::format("delete table={}, priority={} and a match of {} bytes", erase.table,
                       erase.priority, erase.match.size());
  }
  std::string operator()(const EraseFlowsByCookie& erase) const {
    return fmt::format("delete all with cookie={:#x}/{:#x}", erase.cookie, erase.mask);
  }
  std::string operator()(const PutGroup& put) const { return "add " + put.group.ToString(); }
  std::string operator()(const EraseGroup& erase) const {
    return fmt::format("delete group_id={}", erase.group);
  }
  std::string operator()(const InsertBuckets& insert) const {
    return fmt::format("insert {} buckets in group_id={}", insert.buckets.size(), insert.group);
  }
  std::string operator()(const EraseBucket& erase) const {
    return fmt::format("delete bucket_id={} of group_id={}", erase.bucket, erase.group);
  }
  std::string operator()(const AddMeter& add) const { return "add " + add.meter.ToString(); }
  std::string operator()(const ModifyMeter& modify) const {
    return "change " + modify.meter.ToString();
  }
  std::string operator()(const EraseMeter& erase) const {
    return fmt::format("delete meter={}", erase.meter);
  }
};

}  // namespace

std::string ToString(const Change& change) { return std::visit(Text{}, change); }
std::string ToString(const MeterChange& change) { return std::visit(Text{}, change); }

}  // namespace kvs::openflow
