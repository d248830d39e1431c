#pragma once

#include <cstdint>

#include "base/net.h"
#include "openflow/wire.h"

// Forgetting tracked connections: NXT_CT_FLUSH of nicira-ext.h, from Open vSwitch 3.1 on.
//
// In userspace, before 3.1.5, 3.2.3 and 3.3.1, a flush that meets a connection of ICMPv6 aborts
// ovs-vswitchd ("conntrack: Do not use icmp reverse helper for icmpv6").
namespace kvs::openflow {

// The connections of one conntrack zone that an address takes part in.
struct CtFilter {
  // kClient: began them. kServer: answers them (after DNAT, the one that was translated to). The
  // numbers are those of the original's and the reply's tuple.
  enum class Role : uint8_t { kClient = 0, kServer = 1 };

  uint16_t zone = 0;
  Ip ip;
  Role role = Role::kClient;
  uint8_t protocol = 0;  // IPPROTO_*; 0: all
};

void WriteCtFlush(const CtFilter& filter, uint32_t xid, Writer& out);

}  // namespace kvs::openflow
