#include "pipeline/tables.h"

#include <algorithm>
#include <charconv>

namespace kvs::pipeline {

std::optional<Stage> StageNamed(std::string_view name) {
  const auto it = std::ranges::find(kTables, name, &TableInfo::name);
  if (it != kTables.end()) return it->stage;
  size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number >= kTables.size())
    return std::nullopt;
  return kTables[number].stage;
}

}  // namespace kvs::pipeline
