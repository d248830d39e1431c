#pragma once

#include <boost/json/value.hpp>
#include <functional>

#include "kube/codec/field_path.h"
#include "kube/object/objects.h"

namespace kvs::kube {

// Decodes a JSON object field by field. Anything wrong becomes a Problem with the field's path
// ("spec.containers[0].ports[1].containerPort"); the output is not changed then, and decoding
// continues, so that all problems are reported at once. Absent and null fields are not wrong, and
// an empty string is the same as none (both as in Go's structs). protobuf_fields.h does the same
// for protobuf.
class JsonFields : public FieldPath {
 public:
  using Source = const boost::json::value&;

  // `value` and `findings` must outlive this.
  JsonFields(const boost::json::value& value, Findings& findings);

  void Read(Field field, std::string& out) const;
  // Like Read, but no Problem repeats the value.
  void ReadSecret(Field field, std::string& out) const;
  void Read(Field field, bool& out) const;
  void Read(Field field, StringMap& out) const;
  void Read(Field field, TextMap& out) const;
  // The number must be within [least, most].
  void Read(Field field, int64_t least, int64_t most, int64_t& out) const;
  void Read(Field field, std::vector<std::string>& out) const;

  // Seconds since 1970 of a time in Kubernetes' form (RFC 3339 in UTC); unchanged if it has another
  // form.
  void ReadTime(Field field, int64_t& out) const;

  bool broken() const { return broken_; }  // it is no object
  bool Has(Field field) const;
  bool HasTime(Field field) const;
  // The object in that field; one without fields if it is absent.
  JsonFields Sub(Field field) const;
  // Each object of the list in that field.
  void Each(Field field, const std::function<void(const JsonFields&)>& visit) const;
  // Each entry of the list in that field, to be decoded as an object of its own.
  void EachSource(Field field, const std::function<void(Source)>& visit) const;

 private:
  JsonFields(const FieldPath& place, const boost::json::value* value);

  const boost::json::value* Find(std::string_view name) const;
  const boost::json::array* FindList(std::string_view name) const;
  template <class Visit>
  void EachText(Field field, Visit visit) const;
  void Mismatch(std::string_view name, std::string_view expected,
                const boost::json::value& found) const;

  const boost::json::value* value_;  // null: nothing there
  bool broken_ = false;
};

}  // namespace kvs::kube
