#pragma once

#include <boost/json/value.hpp>
#include <string_view>

// How YAML's plain (unquoted) scalars are interpreted, and which strings may be written plain.
namespace kvs::kube {

// As goyaml.v2, which kubectl uses: null, a boolean, an integer, a float, or the text.
boost::json::value ResolvePlain(std::string_view text);

// Whether the text, written without quotes, is read back as the same string.
bool MayBePlain(std::string_view text);

}  // namespace kvs::kube
