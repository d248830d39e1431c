#include "kube/codec/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "kube/object/time.h"

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

JsonFields::JsonFields(const json::value& value, Findings& findings)
    : JsonFields(FieldPath(findings), &value) {}

JsonFields::JsonFields(const FieldPath& place, const json::value* value)
    : FieldPath(place), value_(value), broken_(value && !value->is_object()) {
  if (!broken_) return;
  Mismatch("", "a map", *value);
  value_ = nullptr;
}

const json::value* JsonFields::Find(std::string_view name) const {
  const json::value* found = value_ ? value_->get_object().if_contains(name) : nullptr;
  return found && !found->is_null() ? found : nullptr;
}

const json::array* JsonFields::FindList(std::string_view name) const {
  const json::value* found = Find(name);
  if (found && !found->is_array()) Mismatch(name, "a list", *found);
  return found ? found->if_array() : nullptr;
}

void JsonFields::Mismatch(std::string_view name, std::string_view expected,
                          const json::value& found) const {
  const bool quote = expected == "a string" && (found.is_number() || found.is_bool());
  FieldPath::Mismatch(name, expected, Describe(found) + (quote ? "; put it in quotes" : ""));
}

bool JsonFields::Has(Field field) const {
  const json::value* found = Find(field.name);
  return found && !(found->is_string() && found->get_string().empty());
}

bool JsonFields::HasTime(Field field) const {
  std::string time;
  Read(field, time);
  return !time.empty();
}

void JsonFields::ReadTime(Field field, int64_t& out) const {
  std::string text;
  Read(field, text);
  const auto time = ParseTime(text);
  if (time && time->rest == "Z") out = std::max(static_cast<int64_t>(time->seconds), int64_t{0});
}

void JsonFields::Read(Field field, std::string& out) const {
  if (!Has(field)) return;
  const json::value* found = Find(field.name);
  if (!found->is_string()) return Mismatch(field.name, "a string", *found);
  out = std::string(found->get_string());
}

void JsonFields::ReadSecret(Field field, std::string& out) const {
  const json::value* found = Find(field.name);
  if (found && !found->is_string())
    return Report(field.name, "expected a string; put it in quotes");
  Read(field, out);
}

void JsonFields::Read(Field field, bool& out) const {
  const json::value* found = Find(field.name);
  if (!found) return;
  if (!found->is_bool()) return Mismatch(field.name, "true or false", *found);
  out = found->get_bool();
}

void JsonFields::Read(Field field, int64_t least, int64_t most, int64_t& out) const {
  const json::value* found = Find(field.name);
  if (!found) return;
  json::error_code error;
  const auto number = found->is_number() ? found->to_number<int64_t>(error) : 0;
  if (!found->is_number() || error || number < least || number > most)
    return Mismatch(field.name, WholeNumber(least, most), *found);
  out = number;
}

template <class Visit>
void JsonFields::EachText(Field field, Visit visit) const {
  if (!Has(field)) return;
  const JsonFields map = Sub(field);
  if (!map.value_) return;
  for (const auto& member : map.value_->get_object()) {
    const json::value& value = member.value();
    if (value.is_string())
      visit(member.key(), value.get_string());
    else if (value.is_null())
      visit(member.key(), {});
    else
      map.Mismatch(member.key(), "a string", value);
  }
}

void JsonFields::Read(Field field, StringMap& out) const {
  EachText(field, [&out](std::string_view key, std::string_view text) {
    out.insert_or_assign(std::string(key), std::string(text));
  });
}

void JsonFields::Read(Field field, TextMap& out) const {
  std::vector<TextMap::Entry> entries;
  EachText(field, [&entries](std::string_view key, std::string_view text) {
    entries.emplace_back(key, text);
  });
  out = TextMap(std::move(entries));
}

void JsonFields::Read(Field field, std::vector<std::string>& out) const {
  const json::array* list = FindList(field.name);
  if (!list) return;
  for (size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].is_string())
      out.emplace_back((*list)[i].get_string());
    else
      Mismatch(fmt::format("{}[{}]", field.name, i), "a string", (*list)[i]);
  }
}

JsonFields JsonFields::Sub(Field field) const {
  return {FieldPath(*this, field.name), Find(field.name)};
}

void JsonFields::Each(Field field, const std::function<void(const JsonFields&)>& visit) const {
  const json::array* list = FindList(field.name);
  if (!list) return;
  for (size_t i = 0; i < list->size(); ++i) {
    const JsonFields one(FieldPath(*this, field.name, static_cast<int>(i)), &(*list)[i]);
    if (!one.broken()) visit(one);
  }
}

void JsonFields::EachSource(Field field, const std::function<void(Source)>& visit) const {
  const json::array* list = FindList(field.name);
  if (!list) return;
  for (const json::value& one : *list) visit(one);
}

}  // namespace kvs::kube
