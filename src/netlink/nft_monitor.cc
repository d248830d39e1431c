#include "netlink/nft_monitor.h"

#include <linux/netlink.h>

#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

constexpr int kRulesetBuffer = 4 << 20;  // bytes: a ruleset of some thousand Services

// Of a message about a table, a chain, a rule, a set, its elements, an object or a flowtable: the
// name of the table. It is the first attribute of all of them.
constexpr uint16_t kTableName = 1;
static_assert(NFTA_TABLE_NAME == kTableName && NFTA_CHAIN_TABLE == kTableName &&
              NFTA_RULE_TABLE == kTableName && NFTA_SET_TABLE == kTableName &&
              NFTA_SET_ELEM_LIST_TABLE == kTableName && NFTA_OBJ_TABLE == kTableName &&
              NFTA_FLOWTABLE_TABLE == kTableName);

// Adds a message to its transaction; true if it is the last one, NEWGEN.
bool Complete(const Received& message, NftCommit& commit) {
  Bytes body = message.body;
  const auto header = TakeStruct<nfgenmsg>(body);
  if (message.type >> 8 != NFNL_SUBSYS_NFTABLES || !header) return false;
  const Attributes attributes(body);
  if ((message.type & 0xff) != NFT_MSG_NEWGEN) {
    commit.tables.emplace(header->nfgen_family, attributes.Text(kTableName));
    return false;
  }
  commit.generation = ntohl(attributes.U32(NFTA_GEN_ID).value_or(0));
  commit.pid = ntohl(attributes.U32(NFTA_GEN_PROC_PID).value_or(0));
  commit.process = attributes.Text(NFTA_GEN_PROC_NAME);
  return true;
}

}  // namespace

Result<std::unique_ptr<NftMonitor>> NftMonitor::Open(io::Loop& loop, const Handlers& handlers) {
  const Listener::Options options{.protocol = NETLINK_NETFILTER,
                                  .groups = {NFNLGRP_NFTABLES},
                                  .buffer = kRulesetBuffer,
                                  .what = "changes of nftables"};
  const auto commit = std::make_shared<NftCommit>();  // that is being told
  auto listener = Listener::Open(loop, options,
                                 {.on_message =
                                      [commit, tell = handlers.on_commit](const Received& message) {
                                        if (Complete(message, *commit))
                                          tell(std::exchange(*commit, {}));
                                      },
                                  .on_overrun =
                                      [commit, resync = handlers.on_resync] {
                                        *commit = {};
                                        resync();
                                      }});
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<NftMonitor>(new NftMonitor(*std::move(listener)));
}

}  // namespace kvs::netlink
