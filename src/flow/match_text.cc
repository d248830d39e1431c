#include "flow/match_text.h"

#include <algorithm>

// A match in ovs-ofctl's syntax. Some names mean different fields by the protocol that stands in
// the same match: tp_dst, icmp_type, and nw_src in ARP.
namespace kvs::flow {
namespace {

constexpr uint64_t kEthIp = 0x0800, kEthArp = 0x0806, kEthRarp = 0x8035, kEthIpv6 = 0x86dd;
constexpr uint64_t kVlanPresent = 0x1000, kVlanVid = 0x0fff, kVlanPcp = 0xe000;

constexpr struct Protocol {
  std::string_view name;
  uint64_t eth_type;
  std::optional<uint64_t> ip_proto;
} kProtocols[] = {
    {"tcp", kEthIp, 6},    {"tcp6", kEthIpv6, 6},    {"udp", kEthIp, 17},  {"udp6", kEthIpv6, 17},
    {"sctp", kEthIp, 132}, {"sctp6", kEthIpv6, 132}, {"icmp", kEthIp, 1},  {"icmp6", kEthIpv6, 58},
    {"ip", kEthIp, {}},    {"ipv6", kEthIpv6, {}},   {"arp", kEthArp, {}}, {"rarp", kEthRarp, {}},
    {"mpls", 0x8847, {}},  {"mplsm", 0x8848, {}},
};

// What a name in `match` stands for, where the protocol decides.
constexpr struct {
  Field needs;
  uint64_t value;
  std::string_view name;
  Field field;
} kByProtocol[] = {
    {Field::kIpProto, 6, "tp_src", Field::kTcpSrc},
    {Field::kIpProto, 6, "tp_dst", Field::kTcpDst},
    {Field::kIpProto, 17, "tp_src", Field::kUdpSrc},
    {Field::kIpProto, 17, "tp_dst", Field::kUdpDst},
    {Field::kIpProto, 132, "tp_src", Field::kSctpSrc},
    {Field::kIpProto, 132, "tp_dst", Field::kSctpDst},
    {Field::kIpProto, 1, "icmp_type", Field::kIcmpv4Type},
    {Field::kIpProto, 1, "icmp_code", Field::kIcmpv4Code},
    {Field::kIpProto, 58, "icmp_type", Field::kIcmpv6Type},
    {Field::kIpProto, 58, "icmp_code", Field::kIcmpv6Code},
    {Field::kEthType, kEthArp, "nw_src", Field::kArpSpa},
    {Field::kEthType, kEthArp, "nw_dst", Field::kArpTpa},
    {Field::kEthType, kEthRarp, "nw_src", Field::kArpSpa},
    {Field::kEthType, kEthRarp, "nw_dst", Field::kArpTpa},
};

std::optional<uint64_t> NumberOf(const Match& match, Field field) {
  const auto item = match.Find(field);
  if (!item || item->mask != Value::Ones(InfoOf(field).bits)) return std::nullopt;
  return item->value.ToInt();
}

// The field that the name stands for next to what `match` has; nullopt if there is none, or if the
// protocol is missing that would tell.
std::optional<Field> FieldIn(const Match& match, std::string_view name) {
  bool depends = false;
  for (const auto& entry : kByProtocol) {
    if (entry.name != name) continue;
    if (NumberOf(match, entry.needs) == entry.value) return entry.field;
    depends |= entry.needs == Field::kIpProto;
  }
  return depends ? std::nullopt : FieldByName(name);
}

const Protocol* ProtocolOf(const Match& match) {
  const auto eth_type = NumberOf(match, Field::kEthType);
  const auto ip_proto = NumberOf(match, Field::kIpProto);
  const auto* found = std::ranges::find_if(kProtocols, [&](const Protocol& protocol) {
    return eth_type == protocol.eth_type && (!protocol.ip_proto || protocol.ip_proto == ip_proto);
  });
  return found == std::end(kProtocols) ? nullptr : found;
}

std::string VlanText(uint64_t tci, uint64_t mask) {
  const uint64_t vid = mask & kVlanVid, pcp = mask & kVlanPcp;
  const bool tagged = tci & mask & kVlanPresent;
  const bool whole = (vid == 0 || vid == kVlanVid) && (pcp == 0 || pcp == kVlanPcp);
  if (!tagged || !whole || (vid | pcp) == 0) {
    if (mask == 0xffff) return fmt::format("vlan_tci={:#06x}", tci);
    return fmt::format("vlan_tci={:#06x}/{:#06x}", tci, mask);
  }
  std::string out;
  if (vid) out = fmt::format("dl_vlan={}", tci & kVlanVid);
  if (pcp) out += fmt::format("{}dl_vlan_pcp={}", vid ? "," : "", tci >> 13);
  return out;
}

std::string ItemText(const Match& match, const Match::Item& item) {
  const FieldInfo& info = InfoOf(item.field);
  const uint64_t value = item.value.ToInt();
  const bool exact = item.mask == Value::Ones(info.bits);
  if (item.field == Field::kVlanTci) return VlanText(value, item.mask.ToInt());
  if (item.field == Field::kEthType && exact) return fmt::format("dl_type={:#06x}", value);
  if (item.field == Field::kIpDscp && exact) return fmt::format("nw_tos={}", value << 2);
  if (item.field == Field::kTunFlags) return value ? "tun_flags=+oam" : "tun_flags=-oam";
  if (item.field == Field::kIpv6Label) {
    if (exact) return fmt::format("ipv6_label={:#07x}", value);
    return fmt::format("ipv6_label={:#07x}/{:#07x}", value, item.mask.ToInt());
  }
  std::string text = ValueText(item.field, item.value, item.mask);
  if (info.format == Format::kDecimal && !exact) {
    text = fmt::format("{:#x}/{:#x}", value, item.mask.ToInt());
  }
  std::string_view name = info.nxm_name;
  for (const auto candidate : {info.set_name, info.name}) {
    if (FieldIn(match, candidate) == item.field) name = candidate;
  }
  return fmt::format("{}={}", name, text);
}

// Names that ovs-ofctl has for parts of vlan_tci (ovs-fields(7), "VLAN Fields").
bool IsVlanName(std::string_view name) {
  return name == "dl_vlan" || name == "vlan_vid" || name == "dl_vlan_pcp" || name == "vlan_pcp";
}

Result<void> SetVlan(const Token& token, Match& match) {
  uint64_t value = 0, mask = 0;
  if (token.key == "vlan_vid") {
    const size_t slash = token.value.find('/');
    const uint64_t all = kVlanPresent | kVlanVid;
    auto vid = ParseNumber(token.key, token.value.substr(0, slash), all);
    auto bits = slash == std::string_view::npos
                    ? Result<uint64_t>(all)
                    : ParseNumber(token.key, token.value.substr(slash + 1), all);
    if (!vid) return tl::unexpected(vid.error());
    if (!bits) return tl::unexpected(bits.error());
    value = *vid & *bits, mask = *bits;
  } else if (token.key == "dl_vlan") {
    auto vid = ParseNumber<uint16_t>(token.key, token.value);
    if (!vid) return tl::unexpected(vid.error());
    const bool untagged = *vid == 0xffff;  // OFP_VLAN_NONE of OpenFlow 1.0
    if (*vid > kVlanVid && !untagged) return Fail("dl_vlan: {} is no VLAN of 0 to 4095", *vid);
    value = untagged ? 0 : kVlanPresent | *vid, mask = kVlanPresent | kVlanVid;
  } else {
    auto pcp = ParseNumber(token.key, token.value, 7);
    if (!pcp) return tl::unexpected(pcp.error());
    value = kVlanPresent | *pcp << 13, mask = kVlanPresent | kVlanPcp;
  }
  if (const auto old = match.Find(Field::kVlanTci)) {
    value |= old->value.ToInt() & ~mask;
    mask |= old->mask.ToInt();
  }
  match.Set(Field::kVlanTci, value, mask);
  return {};
}

Result<void> SetItem(const Token& token, Match& match) {
  if (token.separator != '=') return Fail("{}: is no protocol, a value is missing", token.key);
  if (IsVlanName(token.key)) return SetVlan(token, match);
  const auto field = FieldIn(match, token.key);
  if (!field && FieldByName(token.key)) {
    return Fail("{}: name the protocol too, as in tcp,tp_dst=80", token.key);
  }
  if (!field) return Fail("{}: no such field", token.key);
  auto parsed = ParseValue(token.key, *field, token.value);
  if (!parsed) return tl::unexpected(parsed.error());
  match.Set(*field, parsed->value, parsed->mask);
  return {};
}

Result<void> SetTos(const Token& token, Match& match) {
  const auto tos = ParseNumber<uint8_t>(token.key, token.value);
  if (!tos) return tl::unexpected(tos.error());
  match.Set(Field::kIpDscp, *tos >> 2);
  return {};
}

// True if the token is a protocol's short name, which is then in `match`.
bool SetProtocol(const Token& token, Match& match) {
  if (token.separator != 0) return false;
  if (token.key == "eth") match.Set(Field::kPacketType, 0);
  const auto* found = std::ranges::find(kProtocols, token.key, &Protocol::name);
  if (found == std::end(kProtocols)) return token.key == "eth";
  match.Set(Field::kEthType, found->eth_type);
  if (found->ip_proto) match.Set(Field::kIpProto, *found->ip_proto);
  return true;
}

bool IsProtocolField(const Token& token) {
  const auto field = FieldByName(token.key);
  return field == Field::kEthType || field == Field::kIpProto;
}

}  // namespace

Result<Match> ParseMatch(const std::vector<Token>& tokens) {
  Match match;
  std::vector<const Token*> rest;
  for (const Token& token : tokens) {
    if (SetProtocol(token, match)) continue;
    if (!IsProtocolField(token)) {
      rest.push_back(&token);
    } else if (auto set = SetItem(token, match); !set) {
      return tl::unexpected(set.error());
    }
  }
  for (const Token* token : rest) {
    auto set = token->key == "nw_tos" ? SetTos(*token, match) : SetItem(*token, match);
    if (!set) return tl::unexpected(set.error());
  }
  return match;
}

Result<Match> Match::Parse(std::string_view text) { return Tokens(text).and_then(ParseMatch); }

std::string Match::ToString() const {
  std::string out;
  const auto add = [&out](std::string_view text) {
    if (!out.empty()) out += ',';
    out += text;
  };
  const Protocol* protocol = ProtocolOf(*this);
  bool pending = protocol != nullptr;
  ForEach([&](const Item& item) {
    // ovs-ofctl's place for the protocol is before registers and whatever comes after them.
    if (pending && item.field >= Field::kReg0) add(protocol->name), pending = false;
    if (protocol && item.field == Field::kEthType) return;
    if (protocol && protocol->ip_proto && item.field == Field::kIpProto) return;
    add(ItemText(*this, item));
  });
  return out;
}

}  // namespace kvs::flow
