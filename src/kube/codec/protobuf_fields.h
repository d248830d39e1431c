#pragma once

#include <boost/container/small_vector.hpp>
#include <functional>
#include <protozero/types.hpp>
#include <string>
#include <string_view>

#include "kube/codec/field_path.h"
#include "kube/object/objects.h"

namespace kvs::kube {

// Decodes a protobuf message field by field, by the rules of JsonFields (json_fields.h): Go writes
// the zero value of most unset fields, so zero, false and the empty string are the same as none.
// Malformed bytes are one Problem; the fields before them are decoded.
class ProtobufFields : public FieldPath {
 public:
  using Source = std::string_view;

  // The bytes and `findings` must outlive this.
  ProtobufFields(std::string_view bytes, Findings& findings);

  void Read(Field field, std::string& out) const;
  void Read(Field field, bool& out) const;
  void Read(Field field, StringMap& out) const;
  void Read(Field field, TextMap& out) const;
  // The number must be within [least, most].
  void Read(Field field, int64_t least, int64_t most, int64_t& out) const;
  void Read(Field field, std::vector<std::string>& out) const;

  // Seconds since 1970; 0 for an earlier time.
  void ReadTime(Field field, int64_t& out) const;

  bool broken() const { return broken_; }
  bool Has(Field field) const;
  bool HasTime(Field field) const;
  // The message in that field; one without fields if it is absent.
  ProtobufFields Sub(Field field) const;
  // Each message of the repeated field.
  void Each(Field field, const std::function<void(const ProtobufFields&)>& visit) const;
  // Each message of the repeated field, to be decoded as an object of its own.
  void EachSource(Field field, const std::function<void(Source)>& visit) const;
  // The bytes in that field.
  std::string_view Bytes(Field field) const;

 private:
  struct Entry {
    uint32_t number;
    protozero::pbf_wire_type type;
    uint64_t varint;
    std::string_view bytes;
  };

  ProtobufFields(const FieldPath& place, std::string_view bytes);

  void Index(std::string_view bytes);
  // The field's last value, of any type: if it appears twice, the last counts. null: it is unset.
  const Entry* Last(Field field) const;
  // The same; also null, with a Problem, if it has another type.
  const Entry* Find(Field field, protozero::pbf_wire_type type) const;
  bool IsOf(protozero::pbf_wire_type type, const Entry& entry, Field field) const;
  template <class Visit>
  void EachBytes(Field field, Visit visit) const;

  boost::container::small_vector<Entry, 24> entries_;  // in the order of the wire
  bool broken_ = false;
};

}  // namespace kvs::kube
