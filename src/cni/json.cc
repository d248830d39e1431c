#include "cni/json.h"

#include <boost/json/parse.hpp>

namespace kvs::cni {

Outcome<boost::json::value> ParseJson(std::string_view what, std::string_view text) {
  boost::json::error_code error;
  auto value = boost::json::parse(text, error);
  if (error) return Refuse(Code::kUndecodable, "{} is not JSON: {}", what, error.message());
  return value;
}

}  // namespace kvs::cni
