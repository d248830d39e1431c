#include "agent/switch_trace.h"

#include <charconv>
#include <sstream>

#include "ovsdb/names.h"
#include "pipeline/describe.h"

namespace kvs::agent {
namespace {

std::string_view Trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

// "12. ct_state=..." -> the number before the dot, "" if the line does not begin with a table.
std::string_view TableOf(std::string_view line) {
  const auto text = Trimmed(line);
  const auto digits = text.find_first_not_of("0123456789");
  return digits > 0 && digits != std::string_view::npos && text.substr(digits, 2) == ". "
             ? text.substr(0, digits)
             : std::string_view();
}

std::string NameOf(std::string_view table) {
  uint8_t number = 0;
  const auto error = std::from_chars(table.data(), table.data() + table.size(), number).ec;
  return error == std::errc{} ? pipeline::NameOfTable(number) : std::string(table);
}

// "ip, priority 300, cookie 0x1" of a table's line.
TraceStep StepOf(std::string_view table, std::string_view flow) {
  constexpr std::string_view kCookie = ", cookie ";
  const auto at = flow.find(kCookie);
  TraceStep step{.table = NameOf(table), .flow = std::string(flow.substr(0, at))};
  if (at != std::string_view::npos) step.cookie = flow.substr(at + kCookie.size());
  return step;
}

// The value to which an action sets the field; "" if it doesn't set it.
std::string_view SetTo(std::string_view action, std::string_view field) {
  constexpr std::string_view kSet = "set_field:", kArrow = "->";
  if (!action.starts_with(kSet) || !action.ends_with(field)) return "";
  const auto value = action.substr(kSet.size(), action.size() - kSet.size() - field.size());
  return value.ends_with(kArrow) ? value.substr(0, value.size() - kArrow.size()) : "";
}

void TakeAction(std::string_view action, SwitchTrace& trace) {
  if (action.starts_with("->") || action.starts_with("goto_table:") ||
      action.starts_with("resubmit(") || action.starts_with("Resuming from table") ||
      action == "thaw" || trace.steps.empty())
    return;
  if (action.starts_with("output:")) trace.output = action.substr(7);
  if (action == "LOCAL") trace.output = action;
  if (const auto key = SetTo(action, "tun_id"); !key.empty()) trace.tunnel_key = key;
  for (const char* field : {"tun_dst", "tun_ipv6_dst"})
    if (const auto address = SetTo(action, field); !address.empty()) trace.tunnel_to = address;
  auto& actions = trace.steps.back().actions;
  // After a ct(), the trace repeats its nested actions, and the drop of the original packet.
  const bool after_ct = !actions.empty() && actions.back().starts_with("ct(");
  if (after_ct && (action == "drop" || actions.back().find(action) != std::string::npos)) return;
  actions.push_back(pipeline::NameTables(std::string(action)));
}

}  // namespace

SwitchTrace ParseTrace(std::string_view text) {
  SwitchTrace trace;
  std::istringstream lines{std::string(text)};
  bool ours = true;  // within k-vswitch0; the packet goes on through br-phy
  for (std::string line; std::getline(lines, line);) {
    const auto trimmed = Trimmed(line);
    const auto table = TableOf(line);
    if (trimmed.starts_with("bridge(")) {
      ours = trimmed.find(ovsdb::kBridgeName) != std::string_view::npos;
    } else if (trimmed.starts_with("Flow: ")) {
      trace.last_flow = trimmed.substr(6);
      ours = true;
    } else if (trimmed.starts_with("Final flow: ")) {
      if (trimmed != "Final flow: unchanged") trace.last_flow = trimmed.substr(12);
    } else if (ours && !table.empty()) {
      trace.steps.push_back(StepOf(table, trimmed.substr(table.size() + 2)));
    } else if (ours && line.starts_with("    ")) {
      TakeAction(trimmed, trace);
    }
  }
  if (trace.output.empty()) trace.tunnel_to.clear();
  return trace;
}

}  // namespace kvs::agent
