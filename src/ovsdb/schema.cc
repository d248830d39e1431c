#include "ovsdb/schema.h"

#include <charconv>

namespace kvs::ovsdb {
namespace {

// Positions of the dashes of a UUID's text.
constexpr bool IsDash(size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

Result<Uuid> Uuid::Parse(std::string_view text) {
  Uuid uuid;
  bool good = text.size() == 36;
  for (size_t at = 0, byte = 0; good && at < 36;) {
    if (IsDash(at)) {
      good = text[at++] == '-';
      continue;
    }
    const char* digits = text.data() + at;
    good = std::from_chars(digits, digits + 2, uuid.bytes[byte++], 16).ptr == digits + 2;
    at += 2;
  }
  if (!good) return Fail("\"{}\" is not a UUID", text);
  return uuid;
}

std::string Uuid::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    if (IsDash(text.size())) text += '-';
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::string_view NameOf(Table table) {
  switch (table) {
    case Table::kOpenVSwitch:
      return "Open_vSwitch";
    case Table::kBridge:
      return "Bridge";
    case Table::kPort:
      return "Port";
    case Table::kInterface:
      return "Interface";
    case Table::kFlowTable:
      return "Flow_Table";
  }
  return "";
}

const OpenVSwitch* Replica::root() const {
  return open_vswitch.empty() ? nullptr : &open_vswitch.begin()->second;
}

const Bridge* BridgeOf(const Replica& replica, std::string_view port) {
  const Port* row = replica.ports.Find(port);
  if (row == nullptr) return nullptr;
  for (const auto& [uuid, bridge] : replica.bridges)
    if (bridge.ports.contains(row->uuid)) return &bridge;
  return nullptr;
}

}  // namespace kvs::ovsdb
