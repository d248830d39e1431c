#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "kube/objects.h"

namespace kvs::kube {

// A JSON object being read field by field. What is wrong becomes a Problem with the field's path
// ("spec.containers[0].ports[1].containerPort"); the output is left alone then, and reading goes
// on, so that everything wrong is told at once. Absent and null fields are not wrong.
class Fields {
 public:
  // `object` is for Problem::object; `value` must outlive this.
  Fields(std::string object, const boost::json::value& value, std::vector<Problem>& problems);

  void Read(std::string_view name, std::string& out) const;
  void Read(std::string_view name, bool& out) const;
  void Read(std::string_view name, StringMap& out) const;
  // The number must be within [least, most].
  void Read(std::string_view name, int64_t least, int64_t most, int64_t& out) const;
  void Read(std::string_view name, std::vector<std::string>& out) const;

  bool Has(std::string_view name) const;
  // The object in that field; one without fields if there is none.
  Fields Sub(std::string_view name) const;
  // Each object of the list in that field.
  void Each(std::string_view name, const std::function<void(const Fields&)>& visit) const;

  // A problem with the field of that name; with this object itself if the name is empty.
  void Report(std::string_view name, std::string message) const;

 private:
  Fields(const Fields& parent, std::string path, const boost::json::value* value);

  const boost::json::value* Find(std::string_view name) const;
  std::string PathOf(std::string_view name) const;
  void Mismatch(std::string_view name, std::string_view expected,
                const boost::json::value& found) const;

  std::string object_;
  std::string path_;
  const boost::json::value* value_;  // null: nothing there
  std::vector<Problem>& problems_;
};

}  // namespace kvs::kube
