#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"

namespace kvs::kube {

// A field's name in JSON, and its number in protobuf (0: it has none).
struct Field {
  std::string_view name;
  uint32_t number = 0;
};

// The results of decoding one object. `object` is for Problem::object.
struct Findings {
  std::string object;
  std::vector<Problem> problems;
};

// The path of a map or message within the object that is being decoded, for Problems.
class FieldPath {
 public:
  explicit FieldPath(Findings& findings) : findings_(findings) {}
  // Below `parent`, which must outlive this. `index`: that of a list's element; -1: the field is
  // not a list.
  FieldPath(const FieldPath& parent, std::string_view name, int index = -1)
      : findings_(parent.findings_), parent_(&parent), name_(name), index_(index) {}

  // Reports a problem with the field of that name ("podCIDRs[1]"), or with this map or message if
  // it is empty.
  void Report(std::string_view name, std::string message) const;

 protected:
  void Mismatch(std::string_view name, std::string_view expected, std::string_view found) const;
  static std::string WholeNumber(int64_t least, int64_t most);  // what was expected

 private:
  std::string Path() const;  // "spec.containers[0]"; empty: the whole object

  Findings& findings_;
  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  int index_ = -1;
};

}  // namespace kvs::kube
