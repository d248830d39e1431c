#pragma once

#include <boost/json/fwd.hpp>

#include "base/text.h"

namespace kvs::cli {

// As kubectl's -o yaml writes it (YAML 1.2; what would not be a string without quotes in YAML 1.1
// either has them). Like JSON it is whole, and does nothing to a terminal.
Text YamlText(const boost::json::value& value);

}  // namespace kvs::cli
