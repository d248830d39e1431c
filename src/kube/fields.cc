#include "kube/fields.h"

#include <boost/json.hpp>

namespace kvs::kube {
namespace {

namespace json = boost::json;

// "the number 5", for messages.
std::string Describe(const json::value& value) {
  if (value.is_object()) return "a map";
  if (value.is_array()) return "a list";
  std::string text = json::serialize(value);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  if (value.is_string()) return "the string " + text;
  return (value.is_bool() ? "the boolean " : "the number ") + text;
}

}  // namespace

Fields::Fields(std::string object, const json::value& value, std::vector<Problem>& problems)
    : object_(std::move(object)), value_(&value), problems_(problems) {
  if (value.is_object()) return;
  Mismatch("", "a map", value);
  value_ = nullptr;
}

Fields::Fields(const Fields& parent, std::string path, const json::value* value)
    : object_(parent.object_), path_(std::move(path)), value_(value), problems_(parent.problems_) {}

const json::value* Fields::Find(std::string_view name) const {
  const json::value* found = value_ ? value_->get_object().if_contains(name) : nullptr;
  return found && !found->is_null() ? found : nullptr;
}

bool Fields::Has(std::string_view name) const { return Find(name) != nullptr; }

std::string Fields::PathOf(std::string_view name) const {
  if (name.empty()) return path_;
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

void Fields::Report(std::string_view name, std::string message) const {
  problems_.push_back({object_, PathOf(name), std::move(message)});
}

void Fields::Mismatch(std::string_view name, std::string_view expected,
                      const json::value& found) const {
  const bool quote = expected == "a string" && (found.is_number() || found.is_bool());
  Report(name, fmt::format("expected {}, got {}{}", expected, Describe(found),
                           quote ? "; put it in quotes" : ""));
}

void Fields::Read(std::string_view name, std::string& out) const {
  const json::value* found = Find(name);
  if (!found) return;
  if (!found->is_string()) return Mismatch(name, "a string", *found);
  out = std::string(found->get_string());
}

void Fields::Read(std::string_view name, bool& out) const {
  const json::value* found = Find(name);
  if (!found) return;
  if (!found->is_bool()) return Mismatch(name, "true or false", *found);
  out = found->get_bool();
}

void Fields::Read(std::string_view name, int64_t least, int64_t most, int64_t& out) const {
  const json::value* found = Find(name);
  if (!found) return;
  json::error_code error;
  const auto number = found->is_number() ? found->to_number<int64_t>(error) : 0;
  if (!found->is_number() || error || number < least || number > most)
    return Mismatch(name, fmt::format("a whole number from {} to {}", least, most), *found);
  out = number;
}

void Fields::Read(std::string_view name, StringMap& out) const {
  if (!Has(name)) return;
  const Fields map = Sub(name);
  if (!map.value_) return;
  for (const auto& member : map.value_->get_object()) {
    std::string text;
    map.Read(member.key(), text);
    out.insert_or_assign(std::string(member.key()), std::move(text));
  }
}

void Fields::Read(std::string_view name, std::vector<std::string>& out) const {
  const json::value* found = Find(name);
  if (!found) return;
  if (!found->is_array()) return Mismatch(name, "a list", *found);
  const auto& list = found->get_array();
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].is_string())
      out.emplace_back(list[i].get_string());
    else
      Mismatch(fmt::format("{}[{}]", name, i), "a string", list[i]);
  }
}

Fields Fields::Sub(std::string_view name) const {
  const json::value* found = Find(name);
  if (found && !found->is_object()) {
    Mismatch(name, "a map", *found);
    found = nullptr;
  }
  return {*this, PathOf(name), found};
}

void Fields::Each(std::string_view name, const std::function<void(const Fields&)>& visit) const {
  const json::value* found = Find(name);
  if (!found) return;
  if (!found->is_array()) return Mismatch(name, "a list", *found);
  const auto& list = found->get_array();
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", name, i);
    if (list[i].is_object())
      visit(Fields(*this, PathOf(at), &list[i]));
    else
      Mismatch(at, "a map", list[i]);
  }
}

}  // namespace kvs::kube
