#include "flow/match.h"

#include <algorithm>

namespace kvs::flow {
namespace {

void Append(std::string& out, const Value& value, size_t size) {
  out.append(reinterpret_cast<const char*>(value.bytes.data()) + 16 - size, size);
}

}  // namespace

Match& Match::Set(Field field, const Value& value) {
  return Set(field, value, Value::Ones(InfoOf(field).bits));
}

Match& Match::Set(Field field, const Value& value, const Value& mask) {
  const FieldInfo& info = InfoOf(field);
  const Value all = Value::Ones(info.bits);
  Value kept = mask & all;
  const bool untagged = field == Field::kVlanTci && value.IsZero() && kept == all;
  if (untagged) kept = Value::FromInt(0x1fff);

  std::string item;  // at most 33 bytes, most often within the string itself
  if (!kept.IsZero()) {
    const bool exact = kept == all;
    item.push_back(static_cast<char>(static_cast<uint8_t>(field) | (exact ? 0 : kMasked)));
    Append(item, value & kept, info.bytes);
    if (!exact) Append(item, kept, info.bytes);
  }
  const size_t at = Position(field);
  const bool present = at < packed_.size() && ItemAt(at).field == field;
  packed_.replace(at, present ? SizeAt(at) : 0, item);
  return *this;
}

Match& Match::Set(Field four, Field six, const Prefix& prefix) {
  const Ip mask = prefix.mask();
  return Set(prefix.address().is6() ? six : four,
             Value::FromBytes(prefix.address().data(), prefix.address().size()),
             Value::FromBytes(mask.data(), mask.size()));
}

Match& Match::Set(Field field, const Mac& mac) {
  return Set(field, Value::FromBytes(mac.bytes.data(), mac.bytes.size()));
}

Match& Match::Set(Field field, const Ip& ip) {
  return Set(field, Value::FromBytes(ip.data(), ip.size()));
}

std::optional<Match::Item> Match::Find(Field field) const {
  const size_t at = Position(field);
  if (at == packed_.size()) return std::nullopt;
  Item item = ItemAt(at);
  if (item.field != field) return std::nullopt;
  return item;
}

Match::Item Match::ItemAt(size_t at) const {
  const auto* data = reinterpret_cast<const uint8_t*>(packed_.data()) + at;
  const FieldInfo& info = InfoOf(static_cast<Field>(*data & ~kMasked));
  return {info.field, Value::FromBytes(data + 1, info.bytes),
          *data & kMasked ? Value::FromBytes(data + 1 + info.bytes, info.bytes)
                          : Value::Ones(info.bits)};
}

size_t Match::SizeAt(size_t at) const {
  const auto first = static_cast<uint8_t>(packed_[at]);
  const size_t size = InfoOf(static_cast<Field>(first & ~kMasked)).bytes;
  return 1 + size + (first & kMasked ? size : 0);
}

size_t Match::Position(Field field) const {
  size_t at = 0;
  while (at < packed_.size() &&
         (static_cast<uint8_t>(packed_[at]) & ~kMasked) < static_cast<int>(field)) {
    at += SizeAt(at);
  }
  return at;
}

}  // namespace kvs::flow
