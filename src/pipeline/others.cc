#include "pipeline/others.h"

#include <algorithm>

#include "pipeline/fields.h"
#include "pipeline/tables.h"

namespace kvs::pipeline {
namespace {

using flow::Value;

constexpr int kMostBits = 128;  // of a field

int BitsOf(flow::Field field) { return flow::InfoOf(field).bits; }

// Those that a table looks at first have the highest priorities; of a field, the shortest prefixes.
uint16_t PriorityOf(flow::Field field, int length) {
  const auto after = kDemanded.end() - std::ranges::find(kDemanded, field) - 1;
  return static_cast<uint16_t>(kOthers + kMostBits * after + BitsOf(field) - length);
}

// The tree of a field's values, from its first bit on.
class Tree {
 public:
  explicit Tree(flow::Field field) : field_(field) {}

  // Below the first `length` bits of `start`, where `wanted` are.
  void Walk(const Value& start, int length, const std::vector<Value>& wanted) {
    const int bits = BitsOf(field_);
    if (wanted.empty())
      return others_.push_back(
          {field_, start, Value::Ones(length).Shifted(bits - length), PriorityOf(field_, length)});
    if (length == bits) return;
    const Value bit = Value::FromInt(1).Shifted(bits - length - 1);
    std::vector<Value> zero, one;
    for (const Value& value : wanted) ((value & bit).IsZero() ? zero : one).push_back(value);
    Walk(start, length + 1, zero);
    Walk(start | bit, length + 1, one);
  }
  std::vector<FirstBits> Take() { return std::move(others_); }

 private:
  flow::Field field_;
  std::vector<FirstBits> others_;
};

}  // namespace

std::vector<FirstBits> OtherThan(flow::Field field, const std::vector<Value>& wanted) {
  Tree tree(field);
  tree.Walk({}, 0, wanted);
  auto others = tree.Take();
  std::ranges::stable_sort(others, std::ranges::greater{}, &FirstBits::priority);
  return others;
}

std::optional<flow::Field> FieldOfOthers(uint16_t priority) {
  const auto after = static_cast<size_t>(priority - kOthers) / kMostBits;
  if (priority < kOthers || after >= kDemanded.size()) return std::nullopt;
  return kDemanded[kDemanded.size() - 1 - after];
}

const std::map<uint8_t, std::set<std::string, std::less<>>>& LookedUpByPrefix() {
  static const std::set<std::string, std::less<>> kDestinations = {"ip_dst", "ipv6_dst"};
  static const std::map<uint8_t, std::set<std::string, std::less<>>> kFields = {
      {NumberOf(TableId::kClassify), {"ip_src", "ipv6_src"}},
      {NumberOf(TableId::kTrack), kDestinations},
      {NumberOf(TableId::kTunnelEnd), kDestinations},
      {NumberOf(TableId::kRoute), kDestinations}};
  return kFields;
}

Value ValueOf(const Mac& mac) { return Value::FromBytes(mac.bytes.data(), mac.bytes.size()); }
Value ValueOf(const Ip& ip) { return Value::FromBytes(ip.data(), ip.size()); }

}  // namespace kvs::pipeline
