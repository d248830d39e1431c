#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Text of manifests to JSON values and back. YAML is read as kubectl reads it: plain scalars are
// null, booleans (YAML 1.1: yes and off too), integers (0x, 0o and 0 for octal) or floats where
// they look like it, else strings; keys are strings. Anchors and aliases work within limits; merge
// keys and tags of other types are refused.
namespace kvs::kube {

inline constexpr int kMaxDepth = 64;               // of lists and maps within each other
inline constexpr size_t kMaxText = 64 << 20;       // bytes of one text
inline constexpr size_t kMaxExpansion = 16 << 20;  // bytes that aliases may add

struct Documents {
  struct One {
    int line;  // where it begins, from 1
    boost::json::value value;
  };
  struct Fault {
    int line;  // from 1
    std::string message;
  };
  std::vector<One> all;        // in order; empty documents are left out
  std::optional<Fault> fault;  // ends the text: what came before it is in `all`
};

Documents ParseYaml(std::string_view text);
Documents ParseJson(std::string_view text);  // RFC 8259; at most one document
std::string PrintYaml(const boost::json::value& value);

}  // namespace kvs::kube
