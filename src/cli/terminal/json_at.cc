#include "cli/terminal/json_at.h"

#include <boost/json.hpp>

namespace kvs::cli {
namespace json = boost::json;

const json::value* At(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

std::string TextAt(const json::value& value, std::string_view pointer) {
  const auto text = [](const json::value& one) {
    return one.is_string() ? std::string(one.get_string()) : json::serialize(one);
  };
  const json::value* at = At(value, pointer);
  if (at == nullptr) return "";
  if (!at->is_array()) return text(*at);
  std::string list;
  for (const json::value& item : at->get_array()) list += (list.empty() ? "" : ",") + text(item);
  return list;
}

int64_t NumberAt(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* at = At(value, pointer);
  const auto number = at == nullptr ? 0 : at->to_number<int64_t>(error);
  return error ? 0 : number;
}

const json::array& ListAt(const json::value& value, std::string_view pointer) {
  static const json::array nothing;
  const json::value* at = At(value, pointer);
  return at != nullptr && at->is_array() ? at->get_array() : nothing;
}

std::vector<Ip> IpsIn(const json::array& list, std::string_view pointer) {
  std::vector<Ip> ips;
  for (const json::value& one : list)
    if (const auto ip = Ip::Parse(TextAt(one, pointer))) ips.push_back(*ip);
  return ips;
}

Text JsonText(const json::value& value) {
  return Text::Format("{}\n", Text::Whole(json::serialize(value)));
}

Result<json::value> ParseObject(std::string_view text, std::string_view who) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object())
    return Fail("the answer of {} is not understood; compare: kvs version", who);
  return value;
}

}  // namespace kvs::cli
