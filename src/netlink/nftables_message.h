#pragma once

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netlink/wire.h"

// Messages to nftables (linux/netfilter/nf_tables.h). Numbers in attributes are in network byte
// order.
namespace kvs::netlink {

inline Message NetfilterMessage(uint16_t type, uint16_t flags, uint8_t family, uint16_t resource) {
  Message message(type, flags);
  message.Struct(
      nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource)});
  return message;
}

// `type` is NFT_MSG_..., `family` NFPROTO_...; NFPROTO_UNSPEC asks for all families.
inline Message NftablesMessage(uint16_t type, uint16_t flags, uint8_t family) {
  return NetfilterMessage(static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags, family,
                          0);
}

}  // namespace kvs::netlink
