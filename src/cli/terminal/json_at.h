#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "base/result.h"
#include "base/text.h"

// What lies in a JSON value at a pointer (RFC 6901): "/metadata/labels/kubernetes.io~1os".
namespace kvs::cli {

// Null if nothing lies there.
const boost::json::value* At(const boost::json::value& value, std::string_view pointer);

// As text, whatever its type, a list with commas; empty if nothing lies there.
std::string TextAt(const boost::json::value& value, std::string_view pointer);

// 0 if no whole number lies there.
int64_t NumberAt(const boost::json::value& value, std::string_view pointer);

// An empty list if there is none.
const boost::json::array& ListAt(const boost::json::value& value, std::string_view pointer);

// The addresses among the list's texts, or at `pointer` in its objects.
std::vector<Ip> IpsIn(const boost::json::array& list, std::string_view pointer = "");

// For programs, on a line of its own; it does nothing to a terminal either.
Text JsonText(const boost::json::value& value);

// An Error if `text` is no JSON object; `who` gave it.
Result<boost::json::value> ParseObject(std::string_view text, std::string_view who);

}  // namespace kvs::cli
