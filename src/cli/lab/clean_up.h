#pragma once

#include <string>

namespace kvs::cli {

// What RunGuarded() calls at the end of a lab: cleans up lab `name`, unless somebody else holds it.
void CleanIfNobodysLab(const std::string& name, bool killed);

}  // namespace kvs::cli
