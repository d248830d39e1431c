#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"

namespace kvs::kube {

// A field as it is called in JSON, and its number in protobuf (0: it has none).
struct Field {
  std::string_view name;
  uint32_t number = 0;
};

// What is found out about one object. `object` is for Problem::object.
struct Findings {
  std::string object;
  std::vector<Problem> problems;
};

// A map or message within an object that is being read: where it is, for problems.
class FieldPath {
 public:
  explicit FieldPath(Findings& findings) : findings_(findings) {}
  // Below `parent`, which must outlive this. `index`: of a list; -1: the field is none.
  FieldPath(const FieldPath& parent, std::string_view name, int index = -1)
      : findings_(parent.findings_), parent_(&parent), name_(name), index_(index) {}

  // A problem with the field of that name ("podCIDRs[1]"); with this place itself if it is empty.
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
