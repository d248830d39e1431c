#include "netlink/nftables.h"

#include <algorithm>
#include <cerrno>

#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

constexpr std::string_view kTable = "k-vswitch";

Message Nftables(uint16_t type, uint16_t flags, uint8_t family = NFPROTO_NETDEV) {
  return NftablesMessage(type, flags, family);
}

// nftables takes changes in batches. The end of the batch travels with the last change, which is
// answered: kernels before 6.10 don't answer an end.
Result<> Commit(Socket& socket, std::vector<Request> changes, const std::string& what) {
  const auto mark = [&](uint16_t type) {
    return NetfilterMessage(type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES).Asking(what);
  };
  const Request end = mark(NFNL_MSG_BATCH_END);
  changes.insert(changes.begin(), mark(NFNL_MSG_BATCH_BEGIN));
  changes.back().bytes.insert(changes.back().bytes.end(), end.bytes.begin(), end.bytes.end());
  return socket.Do(changes);
}

}  // namespace

Result<> DropIngress(Socket& socket, std::string_view link) {
  const std::string what = fmt::format("drop what the kernel gets from link {}", link);
  Request table =
      Nftables(NFT_MSG_NEWTABLE, NLM_F_CREATE).PutText(NFTA_TABLE_NAME, kTable).Asking(what);
  Request chain = Nftables(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL)
                      .PutText(NFTA_CHAIN_TABLE, kTable)
                      .PutText(NFTA_CHAIN_NAME, link)
                      .Nest(NFTA_CHAIN_HOOK,
                            [&](Message& hook) {
                              hook.PutU32(NFTA_HOOK_HOOKNUM, htonl(NF_NETDEV_INGRESS));
                              hook.PutU32(NFTA_HOOK_PRIORITY, htonl(0));
                              hook.PutText(NFTA_HOOK_DEV, link);
                            })
                      .PutU32(NFTA_CHAIN_POLICY, htonl(NF_DROP))
                      .PutText(NFTA_CHAIN_TYPE, "filter")
                      .Asking(what);
  return Commit(socket, {std::move(table), std::move(chain)}, what);
}

Result<> AllowIngress(Socket& socket, std::string_view link) {
  const std::string what = fmt::format("give the kernel again what comes from link {}", link);
  Request chain = Nftables(NFT_MSG_DELCHAIN, 0)
                      .PutText(NFTA_CHAIN_TABLE, kTable)
                      .PutText(NFTA_CHAIN_NAME, link)
                      .Asking(what);
  return Commit(socket, {std::move(chain)}, what);
}

Result<std::vector<std::string>> DumpIngressDrops(Socket& socket) {
  const auto name = [](Bytes body) -> std::optional<std::string> {
    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
    const Attributes chain(body);
    if (chain.Text(NFTA_CHAIN_TABLE) != kTable) return std::nullopt;
    return chain.Text(NFTA_CHAIN_NAME);
  };
  return socket.Read(Nftables(NFT_MSG_GETCHAIN, NLM_F_DUMP).Asking("read nftables chains"), name);
}

Result<bool> HasTable(Socket& socket, uint8_t family, std::string_view table) {
  const auto name = [](Bytes body) -> std::optional<std::string> {
    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
    return Attributes(body).Text(NFTA_TABLE_NAME);
  };
  const auto names = socket.Read(
      Nftables(NFT_MSG_GETTABLE, NLM_F_DUMP, family).Asking("read nftables tables"), name);
  if (!names) return tl::unexpected<Error>(names.error());
  return std::ranges::find(*names, table) != names->end();
}

Result<size_t> CountInetRules(Socket& socket, std::string_view table, std::string_view chain) {
  const auto is_rule = [&](Bytes body) -> std::optional<bool> {
    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
    const Attributes rule(body);
    if (rule.Text(NFTA_RULE_TABLE) != table || rule.Text(NFTA_RULE_CHAIN) != chain)
      return std::nullopt;
    return true;
  };
  const auto rules = socket.Read(Nftables(NFT_MSG_GETRULE, NLM_F_DUMP, NFPROTO_INET)
                                     .PutText(NFTA_RULE_TABLE, table)
                                     .PutText(NFTA_RULE_CHAIN, chain)
                                     .Asking("read nftables rules"),
                                 is_rule);
  if (!rules && rules.error().code == ENOENT) return size_t{0};
  if (!rules) return tl::unexpected<Error>(rules.error());
  return rules->size();
}

}  // namespace kvs::netlink
