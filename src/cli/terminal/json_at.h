#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "base/text.h"

// Values of a JSON document by pointer (RFC 6901): "/metadata/labels/kubernetes.io~1os".
namespace kvs::cli {

// Null if there is no value.
const boost::json::value* At(const boost::json::value& value, std::string_view pointer);

// As text, whatever its type, a list with commas; empty if there is no value.
std::string TextAt(const boost::json::value& value, std::string_view pointer);

// 0 if there is no whole number.
int64_t NumberAt(const boost::json::value& value, std::string_view pointer);

// An empty list if there is none.
const boost::json::array& ListAt(const boost::json::value& value, std::string_view pointer);

// The addresses in a list of texts, or at `pointer` in a list of objects.
std::vector<Ip> IpsIn(const boost::json::array& list, std::string_view pointer = "");

// JSON for programs, with a line end; it contains no terminal control characters.
Text JsonText(const boost::json::value& value);

// An Error if `text` is not a JSON object; `who` is its source, for the message.
Result<boost::json::value> ParseObject(std::string_view text, std::string_view who);

}  // namespace kvs::cli
