#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/net.h"
#include "base/result.h"
#include "flow/field.h"

namespace kvs::flow {

// ct_state bits (ovs-fields(7)).
enum CtState : uint32_t {
  kCtNew = 0x01,
  kCtEst = 0x02,
  kCtRel = 0x04,
  kCtRpl = 0x08,
  kCtInv = 0x10,
  kCtTrk = 0x20,
  kCtSnat = 0x40,
  kCtDnat = 0x80,
};

// What a packet must look like. A value: fields in canonical order, packed into a few bytes, so
// that equality, order and hash are those of the bytes, also after a restart and however the match
// was built. Invariants: a field appears once; value & ~mask == 0; a mask of zero means the field
// is absent.
class Match {
 public:
  struct Item {
    Field field;
    Value value;
    Value mask;  // all ones of the field's bits if exact
  };

  // Replaces the field's value and mask. Bits beyond the field's, and bits of the value outside the
  // mask, are cleared. "No VLAN tag" (vlan_tci=0) becomes vlan_tci=0/0x1fff, as a switch describes
  // it.
  Match& Set(Field field, const Value& value);  // exact
  Match& Set(Field field, const Value& value, const Value& mask);
  Match& Set(Field field, uint64_t value) { return Set(field, Value::FromInt(value)); }
  Match& Set(Field field, uint64_t value, uint64_t mask) {
    return Set(field, Value::FromInt(value), Value::FromInt(mask));
  }
  // Sets the field of the prefix's family, `four` or `six` (kIpv4Src or kIpv6Src etc.); /0 leaves
  // it out.
  Match& Set(Field four, Field six, const Prefix& prefix);
  Match& Set(Field field, const Mac& mac);
  Match& Set(Field field, const Ip& ip);

  std::optional<Item> Find(Field field) const;
  // Calls `visit` for every field, in canonical order.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (size_t at = 0; at < packed_.size(); at += SizeAt(at)) visit(ItemAt(at));
  }
  bool empty() const { return packed_.empty(); }

  // As ovs-ofctl prints it ("ip,reg0=0x2/0x2,nw_dst=10.1.0.0/16"), with the short names of
  // ovs-fields(7) (arp, ip, ipv6, tcp, udp, icmp6 ...) instead of eth_type and ip_proto. Empty for
  // a match of all packets.
  std::string ToString() const;
  // Accepts what ovs-ofctl accepts. Errors name the field.
  static Result<Match> Parse(std::string_view text);

  const std::string& packed() const { return packed_; }
  friend auto operator<=>(const Match&, const Match&) = default;

 private:
  // An item is a byte `field | kMasked`, the value and, if it is not exact, the mask. Value and
  // mask have the field's size.
  static constexpr uint8_t kMasked = 0x80;

  Item ItemAt(size_t at) const;
  size_t SizeAt(size_t at) const;
  // The offset of the field, or where it would have to be inserted.
  size_t Position(Field field) const;

  std::string packed_;
};

}  // namespace kvs::flow
