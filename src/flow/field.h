#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// The packet and metadata fields that a flow can match or set, with the names of ovs-fields(7) and
// their OXM/NXM numbers (OpenFlow 1.5.1, 7.2.3; ovs-fields(7)). The enum's order is the canonical
// order of fields in a Match, the one of ovs-ofctl's output: a field comes after those that it
// depends on (eth_type before nw_proto before tp_dst), as the wire format requires.
namespace kvs::flow {

enum class Field : uint8_t {
  kPktMark,
  kConjId,
  kCtState,
  kCtZone,
  kCtMark,
  kCtLabel,
  kCtNwSrc,
  kCtNwDst,
  kCtIpv6Src,
  kCtIpv6Dst,
  kCtNwProto,
  kCtTpSrc,
  kCtTpDst,
  kPacketType,
  kReg0,
  kReg1,
  kReg2,
  kReg3,
  kReg4,
  kReg5,
  kReg6,
  kReg7,
  kReg8,
  kReg9,
  kReg10,
  kReg11,
  kReg12,
  kReg13,
  kReg14,
  kReg15,
  kTunId,
  kTunSrc,
  kTunDst,
  kTunIpv6Src,
  kTunIpv6Dst,
  kTunFlags,
  kMetadata,
  kInPort,
  kVlanTci,
  kEthSrc,
  kEthDst,
  kEthType,
  kIpv4Src,
  kIpv4Dst,
  kIpv6Src,
  kIpv6Dst,
  kIpv6Label,
  kArpSpa,
  kArpTpa,
  kArpOp,
  kArpSha,
  kArpTha,
  kIpProto,
  kIpDscp,
  kIpEcn,
  kIpTtl,
  kIpFrag,
  kTcpSrc,
  kTcpDst,
  kTcpFlags,
  kUdpSrc,
  kUdpDst,
  kSctpSrc,
  kSctpDst,
  kIcmpv4Type,
  kIcmpv4Code,
  kIcmpv6Type,
  kIcmpv6Code,
  kNdTarget,
  kNdSll,
  kNdTll,
  kNdReserved,
  kNdOptionsType,
  kCount,
};

// How ovs-ofctl writes the field's value.
enum class Format : uint8_t {
  kDecimal,
  kHex,
  kIp4,
  kIp6,
  kMac,
  kPort,
  kCtState,
  kTcpFlags,
  kTunFlags,
  kFrag,
  kPacketType
};

struct FieldInfo {
  Field field;
  std::string_view name;      // in a match: "nw_src", "tp_dst"
  std::string_view set_name;  // in set_field: "ip_src", "tcp_dst"; unique
  std::string_view nxm_name;  // in move, output, learn and zone: "NXM_OF_IP_SRC"; unique
  // 0x8000 OpenFlow basic, 0x0000 NXM_OF, 0x0001 NXM_NX, 0x1000 ERICOXM_OF. These are the numbers
  // in matches of OpenFlow 1.5, with two exceptions: a switch describes kVlanTci by OXM_OF_VLAN_VID
  // and OXM_OF_VLAN_PCP; and actions use NXM_OF_IN_PORT (0x0000, 0: 16 bits) for kInPort, because
  // set_field of OXM_OF_IN_PORT is forbidden.
  uint16_t oxm_class;
  uint8_t oxm_field;
  uint8_t bytes;  // size of the value
  uint8_t bits;   // significant bits, <= 8 * bytes
  bool maskable;
  bool writable;
  Format format;
};

const FieldInfo& InfoOf(Field field);
// By any of the names of ovs-fields(7): nw_src, ip_src, NXM_OF_IP_SRC, OXM_OF_IPV4_SRC. A name of
// several fields (tp_dst, icmp_type) gives the first: TCP, ICMPv4. nw_tos is not accepted, because
// its value is ip_dscp times four.
std::optional<Field> FieldByName(std::string_view name);
constexpr Field Reg(int n) { return static_cast<Field>(static_cast<int>(Field::kReg0) + n); }

// A value (or mask) of a field: big-endian, right-aligned, the unused leading bytes zero.
struct Value {
  std::array<uint8_t, 16> bytes{};

  static Value FromInt(uint64_t value);
  static Value FromBytes(const uint8_t* data, size_t size);  // the last 16 of more bytes
  static Value Ones(int bits);                               // the low `bits` bits
  uint64_t ToInt() const;                                    // the low 64 bits
  bool IsZero() const { return *this == Value{}; }
  Value Shifted(int left) const;  // by 0..127 places; to the right if negative
  friend Value operator&(const Value& a, const Value& b);
  friend Value operator|(const Value& a, const Value& b);
  friend auto operator<=>(const Value&, const Value&) = default;
};

}  // namespace kvs::flow
