#include "kube/codec/protobuf_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <protozero/pbf_reader.hpp>

namespace kvs::kube {
namespace {

using protozero::pbf_wire_type;

std::string_view Describe(pbf_wire_type type) {
  switch (type) {
    case pbf_wire_type::varint:
      return "a number (varint)";
    case pbf_wire_type::length_delimited:
      return "bytes";
    default:
      return "a number of fixed size";
  }
}

}  // namespace

ProtobufFields::ProtobufFields(std::string_view bytes, Findings& findings) : FieldPath(findings) {
  Index(bytes);
}

ProtobufFields::ProtobufFields(const FieldPath& place, std::string_view bytes) : FieldPath(place) {
  Index(bytes);
}

void ProtobufFields::Index(std::string_view bytes) {
  protozero::pbf_reader reader(bytes.data(), bytes.size());
  try {
    while (reader.next()) {
      Entry entry{reader.tag(), reader.wire_type(), 0, {}};
      if (entry.type == pbf_wire_type::varint) {
        entry.varint = reader.get_uint64();
      } else if (entry.type == pbf_wire_type::length_delimited) {
        const auto view = reader.get_view();
        entry.bytes = {view.data(), view.size()};
      } else {
        reader.skip();
      }
      entries_.push_back(entry);
    }
  } catch (const protozero::exception& error) {
    broken_ = true;
    Report("", fmt::format("broken protobuf ({})", error.what()));
  }
}

bool ProtobufFields::IsOf(pbf_wire_type type, const Entry& entry, Field field) const {
  if (entry.type == type) return true;
  Mismatch(field.name, Describe(type), Describe(entry.type));
  return false;
}

const ProtobufFields::Entry* ProtobufFields::Last(Field field) const {
  const auto last = std::find_if(entries_.rbegin(), entries_.rend(),
                                 [&](const Entry& one) { return one.number == field.number; });
  return last != entries_.rend() ? &*last : nullptr;
}

const ProtobufFields::Entry* ProtobufFields::Find(Field field, pbf_wire_type type) const {
  const Entry* last = Last(field);
  return last != nullptr && IsOf(type, *last, field) ? last : nullptr;
}

std::string_view ProtobufFields::Bytes(Field field) const {
  const Entry* found = Find(field, pbf_wire_type::length_delimited);
  return found ? found->bytes : std::string_view{};
}

template <class Visit>
void ProtobufFields::EachBytes(Field field, Visit visit) const {
  for (const Entry& entry : entries_)
    if (entry.number == field.number && IsOf(pbf_wire_type::length_delimited, entry, field))
      visit(entry.bytes);
}

bool ProtobufFields::Has(Field field) const {
  const Entry* last = Last(field);
  return last != nullptr && (last->varint != 0 || !last->bytes.empty());
}

bool ProtobufFields::HasTime(Field field) const {
  return Find(field, pbf_wire_type::length_delimited) != nullptr;
}

void ProtobufFields::Read(Field field, std::string& out) const {
  if (const std::string_view bytes = Bytes(field); !bytes.empty()) out = bytes;
}

void ProtobufFields::Read(Field field, bool& out) const {
  if (const Entry* found = Find(field, pbf_wire_type::varint)) out = found->varint != 0;
}

void ProtobufFields::Read(Field field, int64_t least, int64_t most, int64_t& out) const {
  const Entry* found = Find(field, pbf_wire_type::varint);
  if (!found || found->varint == 0) return;
  const auto number = static_cast<int64_t>(found->varint);
  if (number < least || number > most)
    return Mismatch(field.name, WholeNumber(least, most), fmt::format("the number {}", number));
  out = number;
}

void ProtobufFields::ReadTime(Field field, int64_t& out) const {
  const ProtobufFields time = Sub(field);
  if (const Entry* found = time.Find({"seconds", 1}, pbf_wire_type::varint))
    out = std::max(static_cast<int64_t>(found->varint), int64_t{0});
}

void ProtobufFields::Read(Field field, StringMap& out) const {
  Each(field, [&out](const ProtobufFields& entry) {
    out.insert_or_assign(std::string(entry.Bytes({"key", 1})),
                         std::string(entry.Bytes({"value", 2})));
  });
}

void ProtobufFields::Read(Field field, TextMap& out) const {
  std::vector<TextMap::Entry> entries;
  Each(field, [&entries](const ProtobufFields& entry) {
    entries.emplace_back(entry.Bytes({"key", 1}), entry.Bytes({"value", 2}));
  });
  out = TextMap(std::move(entries));
}

void ProtobufFields::Read(Field field, std::vector<std::string>& out) const {
  EachBytes(field, [&out](std::string_view bytes) { out.emplace_back(bytes); });
}

ProtobufFields ProtobufFields::Sub(Field field) const {
  return {FieldPath(*this, field.name), Bytes(field)};
}

void ProtobufFields::Each(Field field,
                          const std::function<void(const ProtobufFields&)>& visit) const {
  int index = 0;
  EachBytes(field, [&](std::string_view bytes) {
    visit(ProtobufFields(FieldPath(*this, field.name, index++), bytes));
  });
}

void ProtobufFields::EachSource(Field field, const std::function<void(Source)>& visit) const {
  EachBytes(field, visit);
}

}  // namespace kvs::kube
