#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "flow/field.h"

// Who owns which bits: of the registers, of the connection's mark, of the cookie. Rules name fields
// and never registers; two fields that share a bit do not compile. A build may move them: a mark's
// meaning is recorded (mark_layout.h), the rest lasts as long as one packet. Zones never move.
namespace kvs::pipeline {

// Bits [first, last] of register `reg`.
struct RegBits {
  uint8_t reg;
  uint8_t first;
  uint8_t last;

  constexpr uint32_t mask() const { return (~uint32_t{0} >> (31 - last + first)) << first; }
  constexpr flow::Field field() const { return flow::Reg(reg); }
};

// Register bits that hold a T: an integer, an enum of its own type, or a bool.
template <class T>
struct RegField : RegBits {
  constexpr uint32_t Encode(T value) const { return static_cast<uint32_t>(value) << first; }
};

enum class PolicySet : uint32_t {};     // the same policies apply to all its pods
enum class AddressClass : uint32_t {};  // selected by the same selectors
enum class EndpointId : uint32_t {};
enum class ServiceId : uint32_t {};
enum class DenyReason : uint32_t {};

// The mark: reg0[0..7] == ct_mark[0..7] of the policy zone. Until table state the bits say how this
// packet came in; from there on how the connection began.
inline constexpr RegField<bool> kToService{0, 0, 0};    // addressed to a Service
inline constexpr RegField<bool> kFromHost{0, 1, 1};     // came in by LOCAL
inline constexpr RegField<bool> kSnat{0, 2, 2};         // leaves with our address M
inline constexpr RegField<bool> kKeepEgress{0, 3, 3};   // egress policy lets it live on
inline constexpr RegField<bool> kKeepIngress{0, 4, 4};  // ingress policy lets it live on
inline constexpr RegField<bool> kFromOverlay{0, 5, 5};  // came in by the tunnel
inline constexpr RegBits kMark{0, 0, 7};
constexpr bool InMark(const RegBits& bits) {
  return bits.reg == kMark.reg && (bits.mask() & kMark.mask()) != 0;
}
// ct_mark[27], beside it and never in a register: we remember the connection. It never moves.
inline constexpr uint8_t kCommittedMarkBit = 27;
// ct_mark[28..31], as well: by which layout the mark's bits are to be read (mark_layout.h). These
// never move.
inline constexpr uint8_t kMarkGenerationBit = 28;
inline constexpr uint8_t kMostMarkGeneration = 15;

// This pass only. The ct_* fields are empty after a commit, so what later tables ask is kept here.
inline constexpr RegField<bool> kReply{0, 16, 16};
inline constexpr RegField<bool> kNew{0, 17, 17};
inline constexpr RegField<bool> kAffinityKnown{0, 18, 18};
inline constexpr RegField<PolicySet> kEgressSetId{2, 0, 31};
inline constexpr RegField<PolicySet> kIngressSetId{3, 0, 31};
inline constexpr RegField<AddressClass> kEgressPeer{4, 0, 31};
inline constexpr RegField<AddressClass> kIngressPeer{5, 0, 31};
inline constexpr RegField<EndpointId> kEndpointId{6, 0, 31};
inline constexpr RegField<ServiceId> kServiceId{7, 0, 31};
inline constexpr RegField<DenyReason> kDenyReason{8, 0, 31};
inline constexpr RegField<uint32_t> kScratch{15, 0, 31};  // within one flow's actions

// All of them, by the names that people see.
struct NamedBits {
  std::string_view name;
  RegBits bits;
};
inline constexpr auto kRegisterMap = std::to_array<NamedBits>({
    {"to-service", kToService},
    {"from-host", kFromHost},
    {"snat", kSnat},
    {"keep-egress", kKeepEgress},
    {"keep-ingress", kKeepIngress},
    {"from-overlay", kFromOverlay},
    {"reply", kReply},
    {"new", kNew},
    {"affinity-known", kAffinityKnown},
    {"egress-set", kEgressSetId},
    {"ingress-set", kIngressSetId},
    {"egress-peer", kEgressPeer},
    {"ingress-peer", kIngressPeer},
    {"endpoint", kEndpointId},
    {"service", kServiceId},
    {"deny-reason", kDenyReason},
    {"scratch", kScratch},
});

constexpr bool NoBitHasTwoOwners() {
  std::array<uint32_t, 16> used{};
  for (const auto& [name, bits] : kRegisterMap) {
    if (bits.reg > 15 || bits.last > 31 || bits.first > bits.last) return false;
    if (used[bits.reg] & bits.mask()) return false;
    used[bits.reg] |= bits.mask();
  }
  return true;
}
static_assert(NoBitHasTwoOwners());

// Conntrack zones (ovs-fields(7), ct_zone). Only kPolicy's entries carry our mark.
enum class Zone : uint16_t {
  kDnat = 1,    // Service address -> endpoint
  kPolicy = 2,  // no translation: what policy and routing judge
  kSnat = 3,    // client -> M
};
// Those that flows of this build put connections into; the tables of the others are reserved.
inline constexpr auto kZonesInUse = std::to_array<Zone>({Zone::kPolicy});

// Cookies. Bits 56..63 say what made the flow, the rest is the StableHash of its owner.
enum class CookieKind : uint8_t {
  kRule = 1,     // a rule and a row
  kLearned = 2,  // learn(): session affinity; never pruned
};
constexpr uint64_t CookieOf(CookieKind kind, uint64_t owner_hash) {
  return uint64_t{static_cast<uint8_t>(kind)} << 56 | (owner_hash & (~uint64_t{0} >> 8));
}
constexpr CookieKind KindOfCookie(uint64_t cookie) { return static_cast<CookieKind>(cookie >> 56); }

// Priorities within a table, lowest first.
enum Priority : uint16_t {
  kMiss = 0,
  kFallback = 10,
  kPrefix = 100,  // + the prefix's length, so that the longest wins
  kExact = 300,
  kGuard = 400,  // drops whatever the lower ones would let through
  kOverride = 500,
  kFirst = 600,
  kOthers = 1000,  // and above: values that are none of those demanded (others.h)
};

}  // namespace kvs::pipeline
