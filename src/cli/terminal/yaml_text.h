#pragma once

#include <boost/json/fwd.hpp>

#include "base/text.h"

namespace kvs::cli {

// As kubectl's -o yaml writes it (YAML 1.2; strings that YAML 1.1 would read as another type are
// quoted too). Like JSON it is complete, without terminal control characters.
Text YamlText(const boost::json::value& value);

}  // namespace kvs::cli
