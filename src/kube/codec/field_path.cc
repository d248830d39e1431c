#include "kube/codec/field_path.h"

#include <fmt/format.h>

namespace kvs::kube {
namespace {

std::string Join(std::string path, std::string_view name) {
  if (path.empty()) return std::string(name);
  return name.empty() ? path : fmt::format("{}.{}", path, name);
}

}  // namespace

std::string FieldPath::Path() const {
  if (!parent_) return {};
  std::string path = Join(parent_->Path(), name_);
  return index_ < 0 ? path : fmt::format("{}[{}]", path, index_);
}

void FieldPath::Report(std::string_view name, std::string message) const {
  findings_.problems.push_back({findings_.object, Join(Path(), name), std::move(message)});
}

void FieldPath::Mismatch(std::string_view name, std::string_view expected,
                         std::string_view found) const {
  Report(name, fmt::format("expected {}, got {}", expected, found));
}

std::string FieldPath::WholeNumber(int64_t least, int64_t most) {
  return fmt::format("a whole number from {} to {}", least, most);
}

}  // namespace kvs::kube
