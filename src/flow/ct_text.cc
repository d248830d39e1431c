#include <vector>

#include "flow/action_text.h"

// ct(...) and its nat(...) (ovs-actions(7)).
namespace kvs::flow {
namespace {

constexpr std::pair<std::string_view, uint16_t> kHelpers[] = {{"ftp", 21}, {"tftp", 69}};

// One address as 10.0.0.1 or fd00::1; with ports an IPv6 address stands in brackets.
std::string RangeText(const Nat& nat) {
  const bool brackets = nat.first->is6() && nat.first_port != 0;
  const auto address = [brackets](const Ip& ip) {
    return brackets ? fmt::format("[{}]", ip) : ip.ToString();
  };
  std::string out = address(*nat.first);
  if (nat.last) out += "-" + address(*nat.last);
  if (nat.first_port != 0) out += fmt::format(":{}", nat.first_port);
  if (nat.last_port != 0) out += fmt::format("-{}", nat.last_port);
  return out;
}

std::string NatText(const Nat& nat) {
  if (nat.kind == Nat::Kind::kExisting) return "nat";
  std::string out = nat.kind == Nat::Kind::kSource ? "nat(src" : "nat(dst";
  if (nat.first) out += "=" + RangeText(nat);
  if (nat.persistent) out += ",persistent";
  if (nat.hash) out += ",hash";
  if (nat.random) out += ",random";
  return out + ")";
}

Result<void> ParsePorts(std::string_view text, Nat& nat) {
  const size_t dash = text.find('-');
  const auto first = ParseNumber<uint16_t>("nat", text.substr(0, dash));
  if (!first) return tl::unexpected(first.error());
  nat.first_port = *first;
  if (*first == 0) return Fail("nat: port 0 is no port");
  if (dash == std::string_view::npos) return {};
  const auto last = ParseNumber<uint16_t>("nat", text.substr(dash + 1));
  if (!last) return tl::unexpected(last.error());
  if (*last < *first) return Fail("nat: \"{}\" is not a range of ports", text);
  nat.last_port = *last;
  return {};
}

// Splits "first[-last][:ports]": the addresses without brackets, and the ports.
struct Range {
  std::string_view first, last, ports;
};

Range SplitRange(std::string_view text) {
  Range range;
  // An IPv6 address without brackets has more than one colon, and no ports.
  const size_t bracket = text.rfind(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && colon == text.rfind(':')) {
    range.ports = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const size_t dash = text.find('-');
  range.first = text.substr(0, dash);
  if (dash != std::string_view::npos) range.last = text.substr(dash + 1);
  for (std::string_view* address : {&range.first, &range.last}) {
    if (address->starts_with('[') && address->ends_with(']')) {
      *address = address->substr(1, address->size() - 2);
    }
  }
  return range;
}

Result<void> ParseRange(std::string_view text, Nat& nat) {
  const Range range = SplitRange(text);
  const auto first = Ip::Parse(range.first);
  if (!first) return Fail("nat: \"{}\" is not an IP address", range.first);
  nat.first = *first;
  if (!range.last.empty()) {
    const auto last = Ip::Parse(range.last);
    if (!last) return Fail("nat: \"{}\" is not an IP address", range.last);
    if (last->family() != first->family() || *last < *first) {
      return Fail("nat: \"{}\" is not a range of addresses", text);
    }
    nat.last = *last;
  }
  return range.ports.empty() ? Result<void>{} : ParsePorts(range.ports, nat);
}

Result<void> ParseNatOption(const Token& option, Nat& nat) {
  if (option.key == "src" || option.key == "dst") {
    if (nat.kind != Nat::Kind::kExisting) return Fail("nat: only one of src and dst is possible");
    nat.kind = option.key == "src" ? Nat::Kind::kSource : Nat::Kind::kDestination;
    return option.value.empty() ? Result<void>{} : ParseRange(option.value, nat);
  }
  if (option.text == "random") {
    nat.random = true;
  } else if (option.text == "hash") {
    nat.hash = true;
  } else if (option.text == "persistent") {
    nat.persistent = true;
  } else {
    return Fail("nat: \"{}\" is not an option of it", option.text);
  }
  return {};
}

Result<Nat> ParseNat(const Token& token) {
  Nat nat;
  const auto options = Tokens(token.value);
  if (!options) return tl::unexpected(options.error());
  for (const Token& option : *options) {
    auto set = ParseNatOption(option, nat);
    if (!set) return tl::unexpected(set.error());
  }
  if (!nat.first && (nat.random || nat.hash || nat.persistent)) {
    return Fail("nat: \"{}\" has options but no range of addresses", token.value);
  }
  if (nat.random && nat.hash) return Fail("nat: random and hash exclude each other");
  return nat;
}

Result<std::vector<Action>> ParseExec(std::string_view text) {
  const auto tokens = Tokens(text);
  if (!tokens) return tl::unexpected(tokens.error());
  std::vector<Action> actions;
  for (const Token& token : *tokens) {
    if (token.key != "set_field" && token.key != "load" && token.key != "move") {
      return Fail("ct: {} is not possible in exec, only set_field, load and move are", token.key);
    }
    auto action = token.key == "set_field" ? ParseSetField(token)
                  : token.key == "load"    ? ParseLoad(token)
                                           : ParseMove(token);
    if (!action) return tl::unexpected(action.error());
    actions.push_back(*std::move(action));
  }
  return actions;
}

Result<void> ParseZone(std::string_view text, Ct& ct) {
  if (!FieldByName(text.substr(0, text.find('[')))) {
    const auto zone = ParseNumber<uint16_t>("ct: zone", text);
    if (!zone) return tl::unexpected(zone.error());
    ct.zone = *zone;
    return {};
  }
  const auto zone = ParseSubfield("ct: zone", text);
  if (!zone) return tl::unexpected(zone.error());
  if (zone->bits != 16) return Fail("ct: zone: \"{}\" has {} bits, not 16", text, zone->bits);
  ct.zone = *zone;
  return {};
}

Result<void> ParseHelper(std::string_view text, Ct& ct) {
  for (const auto& [name, port] : kHelpers) {
    if (text != name) continue;
    ct.alg = port;
    return {};
  }
  return Fail("ct: alg: \"{}\" is not ftp or tftp", text);
}

Result<void> ParseCtOption(const Token& option, Ct& ct) {
  if (option.text == "commit") {
    ct.commit = true;
  } else if (option.text == "force") {
    ct.force = true;
  } else if (option.key == "zone") {
    return ParseZone(option.value, ct);
  } else if (option.key == "alg") {
    return ParseHelper(option.value, ct);
  } else if (option.key == "table") {
    const auto table = ParseNumber<uint8_t>("ct: table", option.value);
    if (!table) return tl::unexpected(table.error());
    if (*table == 0xff) return Fail("ct: table: 255 is no table");
    ct.table = *table;
  } else if (option.key == "nat") {
    const auto nat = ParseNat(option);
    if (!nat) return tl::unexpected(nat.error());
    ct.nat = *nat;
  } else if (option.key == "exec") {
    auto exec = ParseExec(option.value);
    if (!exec) return tl::unexpected(exec.error());
    ct.exec = *std::move(exec);
  } else {
    return Fail("ct: \"{}\" is not an option of it", option.text);
  }
  return {};
}

}  // namespace

std::string ToString(const Ct& ct) {
  std::vector<std::string> parts;
  if (ct.commit) parts.emplace_back("commit");
  if (ct.force) parts.emplace_back("force");
  if (ct.table) parts.push_back(fmt::format("table={}", *ct.table));
  if (const auto* zone = std::get_if<Subfield>(&ct.zone)) {
    parts.push_back(fmt::format("zone={}", ToString(*zone)));
  } else if (const uint16_t number = std::get<uint16_t>(ct.zone)) {
    parts.push_back(fmt::format("zone={}", number));
  }
  if (ct.nat) parts.push_back(NatText(*ct.nat));
  if (!ct.exec.empty()) parts.push_back(fmt::format("exec({})", ToString(ct.exec)));
  for (const auto& [name, port] : kHelpers) {
    if (ct.alg == port) parts.push_back(fmt::format("alg={}", name));
  }
  return fmt::format("ct({})", fmt::join(parts, ","));
}

Result<Action> ParseCt(const Token& token) {
  Ct ct;
  const auto options = Tokens(token.value);
  if (!options) return tl::unexpected(options.error());
  for (const Token& option : *options) {
    auto set = ParseCtOption(option, ct);
    if (!set) return tl::unexpected(set.error());
  }
  if (ct.force && !ct.commit) return Fail("ct: force needs commit");
  if (!ct.exec.empty() && !ct.commit) return Fail("ct: exec needs commit");
  return ct;
}

}  // namespace kvs::flow
