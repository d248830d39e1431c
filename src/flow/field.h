#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// The packet and metadata fields that a flow can match or set, with the names of ovs-fields(7) and
// their OXM/NXM numbers (OpenFlow 1.5.1, 7.2.3; ovs-fields(7)). The enum's order is the canonical
// order of fields in a Match.
namespace kvs::flow {

enum class Field : uint8_t {
  kConjId,
  kPacketType,
  kInPort,
  kTunId,
  kTunSrc,
  kTunDst,
  kTunIpv6Src,
  kTunIpv6Dst,
  kTunFlags,
  kMetadata,
  kPktMark,
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
  kCtState,
  kCtZone,
  kCtMark,
  kCtLabel,
  kCtNwProto,
  kCtNwSrc,
  kCtNwDst,
  kCtIpv6Src,
  kCtIpv6Dst,
  kCtTpSrc,
  kCtTpDst,
  kEthSrc,
  kEthDst,
  kEthType,
  kVlanTci,
  kArpOp,
  kArpSpa,
  kArpTpa,
  kArpSha,
  kArpTha,
  kIpv4Src,
  kIpv4Dst,
  kIpv6Src,
  kIpv6Dst,
  kIpv6Label,
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
enum class Format : uint8_t { kDecimal, kHex, kIp4, kIp6, kMac, kPort, kCtState, kTcpFlags, kFrag };

struct FieldInfo {
  Field field;
  std::string_view name;      // as ovs-ofctl prints it: "nw_src"
  std::string_view set_name;  // as set_field and move name it: "ip_src", "NXM_NX_REG0"
  uint16_t oxm_class;  // 0x8000 OpenFlow basic, 0x0000 NXM_OF, 0x0001 NXM_NX, 0xffff experimenter
                       // (Nicira ET / ONF)
  uint8_t oxm_field;
  uint32_t experimenter;  // only for class 0xffff
  uint8_t bytes;          // size of the value
  uint8_t bits;           // significant bits, <= 8 * bytes
  bool maskable;
  bool writable;
  Format format;
};

const FieldInfo& InfoOf(Field field);
std::optional<Field> FieldByName(std::string_view name);  // any of its names
constexpr Field Reg(int n) { return static_cast<Field>(static_cast<int>(Field::kReg0) + n); }

// A value (or mask) of a field: big-endian, right-aligned, the unused leading bytes zero.
struct Value {
  std::array<uint8_t, 16> bytes{};

  static Value FromInt(uint64_t value);
  static Value FromBytes(const uint8_t* data, size_t size);
  static Value Ones(int bits);  // the low `bits` bits
  uint64_t ToInt() const;       // the low 64 bits
  friend auto operator<=>(const Value&, const Value&) = default;
};

}  // namespace kvs::flow
