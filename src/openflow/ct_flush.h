#pragma once

#include <cstdint>

#include "base/net.h"
#include "openflow/wire.h"

// Removal of tracked connections: NXT_CT_FLUSH of nicira-ext.h, from Open vSwitch 3.1 on.
//
// In the userspace datapath before 3.1.5, 3.2.3 and 3.3.1, a flush that meets an ICMPv6 connection
// aborts ovs-vswitchd (fixed by "conntrack: Do not use icmp reverse helper for icmpv6").
namespace kvs::openflow {

// The connections of one conntrack zone with this address as client or server.
struct CtFilter {
  // kClient: it initiated them. kServer: it answers them (after DNAT, the translated address). The
  // numbers are those of the original and the reply tuple.
  enum class Role : uint8_t { kClient = 0, kServer = 1 };

  uint16_t zone = 0;
  Ip ip;
  Role role = Role::kClient;
  uint8_t protocol = 0;  // IPPROTO_*; 0: all
};

void WriteCtFlush(const CtFilter& filter, uint32_t xid, Writer& out);

}  // namespace kvs::openflow
