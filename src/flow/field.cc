#include "flow/field.h"

#include <algorithm>
#include <cstring>

namespace kvs::flow {
namespace {

using enum Field;

constexpr uint16_t kOxm = 0x8000, kNxmOf = 0x0000, kNxmNx = 0x0001, kEricsson = 0x1000;

constexpr FieldInfo kFields[] = {
    // field, name in match, set_field and move, class, number, bytes, bits, maskable, writable,
    // format
    {kPktMark, "pkt_mark", "pkt_mark", "NXM_NX_PKT_MARK", kNxmNx, 33, 4, 32, true, true,
     Format::kHex},
    {kConjId, "conj_id", "conj_id", "NXM_NX_CONJ_ID", kNxmNx, 37, 4, 32, false, false,
     Format::kDecimal},
    {kCtState, "ct_state", "ct_state", "NXM_NX_CT_STATE", kNxmNx, 105, 4, 32, true, false,
     Format::kCtState},
    {kCtZone, "ct_zone", "ct_zone", "NXM_NX_CT_ZONE", kNxmNx, 106, 2, 16, false, false,
     Format::kDecimal},
    {kCtMark, "ct_mark", "ct_mark", "NXM_NX_CT_MARK", kNxmNx, 107, 4, 32, true, true, Format::kHex},
    {kCtLabel, "ct_label", "ct_label", "NXM_NX_CT_LABEL", kNxmNx, 108, 16, 128, true, true,
     Format::kHex},
    {kCtNwSrc, "ct_nw_src", "ct_nw_src", "NXM_NX_CT_NW_SRC", kNxmNx, 120, 4, 32, true, false,
     Format::kIp4},
    {kCtNwDst, "ct_nw_dst", "ct_nw_dst", "NXM_NX_CT_NW_DST", kNxmNx, 121, 4, 32, true, false,
     Format::kIp4},
    {kCtIpv6Src, "ct_ipv6_src", "ct_ipv6_src", "NXM_NX_CT_IPV6_SRC", kNxmNx, 122, 16, 128, true,
     false, Format::kIp6},
    {kCtIpv6Dst, "ct_ipv6_dst", "ct_ipv6_dst", "NXM_NX_CT_IPV6_DST", kNxmNx, 123, 16, 128, true,
     false, Format::kIp6},
    {kCtNwProto, "ct_nw_proto", "ct_nw_proto", "NXM_NX_CT_NW_PROTO", kNxmNx, 119, 1, 8, false,
     false, Format::kDecimal},
    {kCtTpSrc, "ct_tp_src", "ct_tp_src", "NXM_NX_CT_TP_SRC", kNxmNx, 124, 2, 16, true, false,
     Format::kDecimal},
    {kCtTpDst, "ct_tp_dst", "ct_tp_dst", "NXM_NX_CT_TP_DST", kNxmNx, 125, 2, 16, true, false,
     Format::kDecimal},
    {kPacketType, "packet_type", "packet_type", "OXM_OF_PACKET_TYPE", kOxm, 44, 4, 32, false, false,
     Format::kPacketType},
    {kReg0, "reg0", "reg0", "NXM_NX_REG0", kNxmNx, 0, 4, 32, true, true, Format::kHex},
    {kReg1, "reg1", "reg1", "NXM_NX_REG1", kNxmNx, 1, 4, 32, true, true, Format::kHex},
    {kReg2, "reg2", "reg2", "NXM_NX_REG2", kNxmNx, 2, 4, 32, true, true, Format::kHex},
    {kReg3, "reg3", "reg3", "NXM_NX_REG3", kNxmNx, 3, 4, 32, true, true, Format::kHex},
    {kReg4, "reg4", "reg4", "NXM_NX_REG4", kNxmNx, 4, 4, 32, true, true, Format::kHex},
    {kReg5, "reg5", "reg5", "NXM_NX_REG5", kNxmNx, 5, 4, 32, true, true, Format::kHex},
    {kReg6, "reg6", "reg6", "NXM_NX_REG6", kNxmNx, 6, 4, 32, true, true, Format::kHex},
    {kReg7, "reg7", "reg7", "NXM_NX_REG7", kNxmNx, 7, 4, 32, true, true, Format::kHex},
    {kReg8, "reg8", "reg8", "NXM_NX_REG8", kNxmNx, 8, 4, 32, true, true, Format::kHex},
    {kReg9, "reg9", "reg9", "NXM_NX_REG9", kNxmNx, 9, 4, 32, true, true, Format::kHex},
    {kReg10, "reg10", "reg10", "NXM_NX_REG10", kNxmNx, 10, 4, 32, true, true, Format::kHex},
    {kReg11, "reg11", "reg11", "NXM_NX_REG11", kNxmNx, 11, 4, 32, true, true, Format::kHex},
    {kReg12, "reg12", "reg12", "NXM_NX_REG12", kNxmNx, 12, 4, 32, true, true, Format::kHex},
    {kReg13, "reg13", "reg13", "NXM_NX_REG13", kNxmNx, 13, 4, 32, true, true, Format::kHex},
    {kReg14, "reg14", "reg14", "NXM_NX_REG14", kNxmNx, 14, 4, 32, true, true, Format::kHex},
    {kReg15, "reg15", "reg15", "NXM_NX_REG15", kNxmNx, 15, 4, 32, true, true, Format::kHex},
    {kTunId, "tun_id", "tun_id", "NXM_NX_TUN_ID", kOxm, 38, 8, 64, true, true, Format::kHex},
    {kTunSrc, "tun_src", "tun_src", "NXM_NX_TUN_IPV4_SRC", kNxmNx, 31, 4, 32, true, true,
     Format::kIp4},
    {kTunDst, "tun_dst", "tun_dst", "NXM_NX_TUN_IPV4_DST", kNxmNx, 32, 4, 32, true, true,
     Format::kIp4},
    {kTunIpv6Src, "tun_ipv6_src", "tun_ipv6_src", "NXM_NX_TUN_IPV6_SRC", kNxmNx, 109, 16, 128, true,
     true, Format::kIp6},
    {kTunIpv6Dst, "tun_ipv6_dst", "tun_ipv6_dst", "NXM_NX_TUN_IPV6_DST", kNxmNx, 110, 16, 128, true,
     true, Format::kIp6},
    {kTunFlags, "tun_flags", "tun_flags", "NXM_NX_TUN_FLAGS", kNxmNx, 104, 2, 1, true, true,
     Format::kTunFlags},
    {kMetadata, "metadata", "metadata", "OXM_OF_METADATA", kOxm, 2, 8, 64, true, true,
     Format::kHex},
    {kInPort, "in_port", "in_port", "NXM_OF_IN_PORT", kOxm, 0, 4, 32, false, true, Format::kPort},
    {kVlanTci, "vlan_tci", "vlan_tci", "NXM_OF_VLAN_TCI", kNxmOf, 4, 2, 16, true, true,
     Format::kHex},
    {kEthSrc, "dl_src", "eth_src", "NXM_OF_ETH_SRC", kOxm, 4, 6, 48, true, true, Format::kMac},
    {kEthDst, "dl_dst", "eth_dst", "NXM_OF_ETH_DST", kOxm, 3, 6, 48, true, true, Format::kMac},
    {kEthType, "dl_type", "eth_type", "NXM_OF_ETH_TYPE", kOxm, 5, 2, 16, false, false,
     Format::kHex},
    {kIpv4Src, "nw_src", "ip_src", "NXM_OF_IP_SRC", kOxm, 11, 4, 32, true, true, Format::kIp4},
    {kIpv4Dst, "nw_dst", "ip_dst", "NXM_OF_IP_DST", kOxm, 12, 4, 32, true, true, Format::kIp4},
    {kIpv6Src, "ipv6_src", "ipv6_src", "NXM_NX_IPV6_SRC", kOxm, 26, 16, 128, true, true,
     Format::kIp6},
    {kIpv6Dst, "ipv6_dst", "ipv6_dst", "NXM_NX_IPV6_DST", kOxm, 27, 16, 128, true, true,
     Format::kIp6},
    {kIpv6Label, "ipv6_label", "ipv6_label", "NXM_NX_IPV6_LABEL", kOxm, 28, 4, 20, true, true,
     Format::kHex},
    {kArpSpa, "arp_spa", "arp_spa", "NXM_OF_ARP_SPA", kOxm, 22, 4, 32, true, true, Format::kIp4},
    {kArpTpa, "arp_tpa", "arp_tpa", "NXM_OF_ARP_TPA", kOxm, 23, 4, 32, true, true, Format::kIp4},
    {kArpOp, "arp_op", "arp_op", "NXM_OF_ARP_OP", kOxm, 21, 2, 16, false, true, Format::kDecimal},
    {kArpSha, "arp_sha", "arp_sha", "NXM_NX_ARP_SHA", kOxm, 24, 6, 48, true, true, Format::kMac},
    {kArpTha, "arp_tha", "arp_tha", "NXM_NX_ARP_THA", kOxm, 25, 6, 48, true, true, Format::kMac},
    {kIpProto, "nw_proto", "nw_proto", "NXM_OF_IP_PROTO", kOxm, 10, 1, 8, false, false,
     Format::kDecimal},
    {kIpDscp, "ip_dscp", "ip_dscp", "OXM_OF_IP_DSCP", kOxm, 8, 1, 6, false, true, Format::kDecimal},
    {kIpEcn, "nw_ecn", "nw_ecn", "NXM_NX_IP_ECN", kOxm, 9, 1, 2, false, true, Format::kDecimal},
    {kIpTtl, "nw_ttl", "nw_ttl", "NXM_NX_IP_TTL", kNxmNx, 29, 1, 8, false, true, Format::kDecimal},
    {kIpFrag, "nw_frag", "ip_frag", "NXM_NX_IP_FRAG", kNxmNx, 26, 1, 2, true, false, Format::kFrag},
    {kTcpSrc, "tp_src", "tcp_src", "NXM_OF_TCP_SRC", kOxm, 13, 2, 16, true, true, Format::kDecimal},
    {kTcpDst, "tp_dst", "tcp_dst", "NXM_OF_TCP_DST", kOxm, 14, 2, 16, true, true, Format::kDecimal},
    {kTcpFlags, "tcp_flags", "tcp_flags", "NXM_NX_TCP_FLAGS", kOxm, 42, 2, 12, true, false,
     Format::kTcpFlags},
    {kUdpSrc, "tp_src", "udp_src", "NXM_OF_UDP_SRC", kOxm, 15, 2, 16, true, true, Format::kDecimal},
    {kUdpDst, "tp_dst", "udp_dst", "NXM_OF_UDP_DST", kOxm, 16, 2, 16, true, true, Format::kDecimal},
    {kSctpSrc, "tp_src", "sctp_src", "OXM_OF_SCTP_SRC", kOxm, 17, 2, 16, true, true,
     Format::kDecimal},
    {kSctpDst, "tp_dst", "sctp_dst", "OXM_OF_SCTP_DST", kOxm, 18, 2, 16, true, true,
     Format::kDecimal},
    {kIcmpv4Type, "icmp_type", "icmp_type", "NXM_OF_ICMP_TYPE", kOxm, 19, 1, 8, false, true,
     Format::kDecimal},
    {kIcmpv4Code, "icmp_code", "icmp_code", "NXM_OF_ICMP_CODE", kOxm, 20, 1, 8, false, true,
     Format::kDecimal},
    {kIcmpv6Type, "icmp_type", "icmpv6_type", "NXM_NX_ICMPV6_TYPE", kOxm, 29, 1, 8, false, true,
     Format::kDecimal},
    {kIcmpv6Code, "icmp_code", "icmpv6_code", "NXM_NX_ICMPV6_CODE", kOxm, 30, 1, 8, false, true,
     Format::kDecimal},
    {kNdTarget, "nd_target", "nd_target", "NXM_NX_ND_TARGET", kOxm, 31, 16, 128, true, true,
     Format::kIp6},
    {kNdSll, "nd_sll", "nd_sll", "NXM_NX_ND_SLL", kOxm, 32, 6, 48, true, true, Format::kMac},
    {kNdTll, "nd_tll", "nd_tll", "NXM_NX_ND_TLL", kOxm, 33, 6, 48, true, true, Format::kMac},
    {kNdReserved, "nd_reserved", "nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED", kEricsson, 1, 4,
     32, false, true, Format::kDecimal},
    {kNdOptionsType, "nd_options_type", "nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE",
     kEricsson, 2, 1, 8, false, true, Format::kDecimal},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kFields); ++i) {
    if (kFields[i].field != static_cast<Field>(i)) return false;
  }
  return std::size(kFields) == static_cast<size_t>(kCount);
}
static_assert(InOrder());

// The names of ovs-fields(7) that kFields does not have.
constexpr std::pair<std::string_view, Field> kAliases[] = {
    {"tunnel_id", kTunId},
    {"in_port_oxm", kInPort},
    {"ip_proto", kIpProto},
    {"ip_ecn", kIpEcn},
    {"OXM_OF_IN_PORT", kInPort},
    {"OXM_OF_TUNNEL_ID", kTunId},
    {"OXM_OF_ETH_SRC", kEthSrc},
    {"OXM_OF_ETH_DST", kEthDst},
    {"OXM_OF_ETH_TYPE", kEthType},
    {"OXM_OF_IPV4_SRC", kIpv4Src},
    {"OXM_OF_IPV4_DST", kIpv4Dst},
    {"OXM_OF_IPV6_SRC", kIpv6Src},
    {"OXM_OF_IPV6_DST", kIpv6Dst},
    {"OXM_OF_IPV6_FLABEL", kIpv6Label},
    {"OXM_OF_ARP_SPA", kArpSpa},
    {"OXM_OF_ARP_TPA", kArpTpa},
    {"OXM_OF_ARP_OP", kArpOp},
    {"OXM_OF_ARP_SHA", kArpSha},
    {"OXM_OF_ARP_THA", kArpTha},
    {"OXM_OF_IP_PROTO", kIpProto},
    {"OXM_OF_IP_ECN", kIpEcn},
    {"OXM_OF_TCP_SRC", kTcpSrc},
    {"OXM_OF_TCP_DST", kTcpDst},
    {"OXM_OF_TCP_FLAGS", kTcpFlags},
    {"ONFOXM_ET_TCP_FLAGS", kTcpFlags},
    {"OXM_OF_UDP_SRC", kUdpSrc},
    {"OXM_OF_UDP_DST", kUdpDst},
    {"OXM_OF_ICMPV4_TYPE", kIcmpv4Type},
    {"OXM_OF_ICMPV4_CODE", kIcmpv4Code},
    {"OXM_OF_ICMPV6_TYPE", kIcmpv6Type},
    {"OXM_OF_ICMPV6_CODE", kIcmpv6Code},
    {"OXM_OF_IPV6_ND_TARGET", kNdTarget},
    {"OXM_OF_IPV6_ND_SLL", kNdSll},
    {"OXM_OF_IPV6_ND_TLL", kNdTll},
};

}  // namespace

const FieldInfo& InfoOf(Field field) { return kFields[static_cast<size_t>(field)]; }

std::optional<Field> FieldByName(std::string_view name) {
  for (const FieldInfo& info : kFields) {
    if (name == info.name || name == info.set_name || name == info.nxm_name) return info.field;
  }
  for (const auto& [alias, field] : kAliases) {
    if (name == alias) return field;
  }
  return std::nullopt;
}

Value Value::FromInt(uint64_t value) {
  Value result;
  for (size_t i = 16; value != 0; value >>= 8) result.bytes[--i] = static_cast<uint8_t>(value);
  return result;
}

Value Value::FromBytes(const uint8_t* data, size_t size) {
  Value result;
  const size_t used = std::min(size, result.bytes.size());
  if (used > 0) std::memcpy(result.bytes.data() + 16 - used, data + size - used, used);
  return result;
}

Value Value::Ones(int bits) {
  Value result;
  for (size_t i = 16; i > 0 && bits > 0; bits -= 8) {
    result.bytes[--i] = static_cast<uint8_t>(bits >= 8 ? 0xff : (1 << bits) - 1);
  }
  return result;
}

uint64_t Value::ToInt() const {
  uint64_t result = 0;
  for (size_t i = 8; i < 16; ++i) result = result << 8 | bytes[i];
  return result;
}

Value Value::Shifted(int left) const {
  const int whole = left >= 0 ? left / 8 : -((7 - left) / 8);  // bytes, rounded down
  const int rest = left - 8 * whole;                           // bits, 0..7
  Value result;
  for (int i = 0; i < 16; ++i) {
    const int from = i + whole;
    const unsigned high = from >= 0 && from < 16 ? bytes[from] : 0;
    const unsigned low = from + 1 >= 0 && from + 1 < 16 ? bytes[from + 1] : 0;
    result.bytes[i] = static_cast<uint8_t>((high << 8 | low) << rest >> 8);
  }
  return result;
}

Value operator&(const Value& a, const Value& b) {
  Value result;
  for (size_t i = 0; i < 16; ++i) result.bytes[i] = a.bytes[i] & b.bytes[i];
  return result;
}

Value operator|(const Value& a, const Value& b) {
  Value result;
  for (size_t i = 0; i < 16; ++i) result.bytes[i] = a.bytes[i] | b.bytes[i];
  return result;
}

}  // namespace kvs::flow
