#include "pipeline/describe.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "pipeline/fields.h"
#include "pipeline/tables.h"

namespace kvs::pipeline {
namespace {

bool IsRegister(flow::Field field) {
  return field >= flow::Field::kReg0 && field <= flow::Field::kReg15;
}

void Append(std::string& list, std::string_view one) {
  if (!list.empty()) list += ',';
  list += one;
}

// "new,reply", "service=7"; bits that no field owns stay a number.
std::string NamesOf(flow::Field field, uint32_t value, uint32_t mask) {
  std::string names;
  for (const auto& [name, bits] : kRegisterMap) {
    if (bits.field() != field || (mask & bits.mask()) != bits.mask()) continue;
    mask &= ~bits.mask();
    const uint32_t held = (value & bits.mask()) >> bits.first;
    if (bits.first != bits.last) {
      Append(names, fmt::format("{}={:#x}", name, held));
    } else {
      Append(names, fmt::format("{}{}", held ? "" : "!", name));
    }
  }
  if (mask != 0)
    Append(names, fmt::format("{}={:#x}/{:#x}", flow::InfoOf(field).name, value & mask, mask));
  return names;
}

// Puts the table's name in place of the number after every `before`.
std::string NameTablesAfter(std::string_view before, std::string text) {
  for (size_t at = text.find(before); at != text.npos; at = text.find(before, at)) {
    at += before.size();
    uint8_t number = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (error == std::errc{})
      text.replace(at, static_cast<size_t>(end - text.data()) - at, NameOfTable(number));
  }
  return text;
}

std::string Describe(const flow::Action& action) {
  if (const auto* set = std::get_if<flow::SetField>(&action); set && IsRegister(set->field))
    return "set:" + NamesOf(set->field, static_cast<uint32_t>(set->value.ToInt()),
                            static_cast<uint32_t>(set->mask.ToInt()));
  return NameTables(flow::ToString({action}));
}

}  // namespace

std::string NameOfTable(uint8_t number) {
  const TableInfo* table = TableOf(number);
  return table ? std::string(table->name) : std::to_string(number);
}

std::string NameTables(std::string actions) {
  return NameTablesAfter("goto_table:", NameTablesAfter("table=", std::move(actions)));
}

std::string Describe(const flow::Match& match) {
  flow::Match rest;
  std::string names;
  match.ForEach([&](const flow::Match::Item& item) {
    if (IsRegister(item.field)) {
      Append(names, NamesOf(item.field, static_cast<uint32_t>(item.value.ToInt()),
                            static_cast<uint32_t>(item.mask.ToInt())));
    } else {
      rest.Set(item.field, item.value, item.mask);
    }
  });
  std::string text = rest.ToString();
  if (!names.empty()) Append(text, names);
  return text;
}

std::string Describe(const flow::Actions& actions) {
  if (actions.empty()) return "drop";
  std::string text;
  for (const flow::Action& action : actions) Append(text, Describe(action));
  return text;
}

std::string Describe(const flow::Flow& flow) {
  const std::string match = Describe(flow.key.match);
  return fmt::format("{} {}{}{} actions={}", NameOfTable(flow.key.table), flow.key.priority,
                     match.empty() ? "" : " ", match, Describe(flow.actions));
}

}  // namespace kvs::pipeline
