#pragma once

#include <string>

namespace kvs::cli {

// Called by RunGuarded() at the end of a lab: removes lab `name`, unless another process holds it.
void CleanIfNobodysLab(const std::string& name, bool killed);

}  // namespace kvs::cli
