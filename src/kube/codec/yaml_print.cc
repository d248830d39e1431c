#include <boost/json.hpp>

#include "kube/codec/scalar.h"
#include "kube/codec/yaml.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

bool IsBlock(const json::value& value) {
  return (value.is_array() && !value.get_array().empty()) ||
         (value.is_object() && !value.get_object().empty());
}

std::string Scalar(std::string_view text) {
  return MayBePlain(text) ? std::string(text) : json::serialize(json::string(text));
}

// Appends `value`, indented by `indent`, to a line that is already begun: after "key:", or after
// "- " where a map's first key stands on the same line.
void Print(const json::value& value, size_t indent, bool in_list, std::string& out) {
  const std::string margin(indent, ' ');
  bool begun = in_list;
  if (const auto* map = value.if_object(); map && !map->empty()) {
    for (const auto& [key, part] : *map) {
      if (!std::exchange(begun, false)) out += margin;
      out += Scalar(key) + ":";
      if (IsBlock(part)) {
        out += "\n";
        Print(part, indent + (part.is_object() ? 2 : 0), false, out);
      } else {
        out += " ";
        Print(part, 0, false, out);
      }
    }
  } else if (const auto* list = value.if_array(); list && !list->empty()) {
    for (const auto& part : *list) {
      if (!std::exchange(begun, false)) out += margin;
      out += "- ";
      Print(part, indent + 2, true, out);
    }
  } else {
    out += (value.is_string() ? Scalar(value.get_string()) : json::serialize(value)) + "\n";
  }
}

}  // namespace

std::string PrintYaml(const json::value& value) {
  std::string out;
  Print(value, 0, false, out);
  return out;
}

}  // namespace kvs::kube
