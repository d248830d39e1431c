#pragma once

#include <boost/json/value.hpp>
#include <string_view>

// How YAML's plain (unquoted) scalars are to be understood, and which strings may be written plain.
namespace kvs::kube {

// As goyaml.v2 does, with which kubectl reads: null, a boolean, an integer, a float, or the text.
boost::json::value ResolvePlain(std::string_view text);

// Whether the text, written without quotes, is read back as that very string.
bool MayBePlain(std::string_view text);

}  // namespace kvs::kube
