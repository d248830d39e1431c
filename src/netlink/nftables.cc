#include "netlink/nftables.h"

#include <algorithm>
#include <cerrno>

#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

Message Nftables(uint16_t type, uint16_t flags, uint8_t family = NFPROTO_NETDEV) {
  return NftablesMessage(type, flags, family);
}

// nftables takes changes in batches. The end of the batch is sent with the last change, which is
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

// All rules of a chain of ours.
Request Flush(std::string_view chain, const std::string& what) {
  return Nftables(NFT_MSG_DELRULE, 0)
      .PutText(NFTA_RULE_TABLE, kNftTable)
      .PutText(NFTA_RULE_CHAIN, chain)
      .Asking(what);
}

Request DeleteChain(std::string_view chain, const std::string& what) {
  return Nftables(NFT_MSG_DELCHAIN, 0)
      .PutText(NFTA_CHAIN_TABLE, kNftTable)
      .PutText(NFTA_CHAIN_NAME, chain)
      .Asking(what);
}

}  // namespace

Result<> DropIngress(Socket& socket, std::string_view link) {
  const std::string what = fmt::format("drop what the kernel receives from link {}", link);
  const Request table = Nftables(NFT_MSG_NEWTABLE, NLM_F_CREATE)
                            .PutText(NFTA_TABLE_NAME, kNftTable)
                            .PutU32(NFTA_TABLE_FLAGS, 0)  // not dormant
                            .Asking(what);
  const Request chain = Nftables(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL)
                            .PutText(NFTA_CHAIN_TABLE, kNftTable)
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
  auto made = Commit(socket, {table, chain}, what);
  if (made || (made.error().code != EEXIST && made.error().code != EINVAL)) return made;
  // A dormant table can't be changed in the transaction that activates it (EINVAL).
  if (auto awake = Commit(socket, {table}, what); !awake) return awake;
  if (auto once_more = Commit(socket, {chain}, what); once_more || once_more.error().code != EEXIST)
    return once_more;
  // The existing chain differs: it is deleted and created again in one transaction.
  return Commit(socket, {Flush(link, what), DeleteChain(link, what), chain}, what);
}

Result<> AllowIngress(Socket& socket, std::string_view link) {
  const std::string what = fmt::format("let the kernel receive from link {} again", link);
  return Commit(socket, {Flush(link, what), DeleteChain(link, what)}, what);
}

Result<std::vector<IngressDrop>> DumpIngressDrops(Socket& socket) {
  // A dormant table drops nothing.
  const auto flags =
      socket.Read(Nftables(NFT_MSG_GETTABLE, NLM_F_DUMP).Asking("read nftables tables"),
                  [](Bytes body) -> std::optional<uint32_t> {
                    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
                    const Attributes table(body);
                    if (table.Text(NFTA_TABLE_NAME) != kNftTable) return std::nullopt;
                    return ntohl(table.U32(NFTA_TABLE_FLAGS).value_or(0));
                  });
  if (!flags) return tl::unexpected<Error>(flags.error());
  if (flags->empty()) return std::vector<IngressDrop>();
  const bool awake = (flags->front() & NFT_TABLE_F_DORMANT) == 0;

  const auto with_rules = socket.Read(Nftables(NFT_MSG_GETRULE, NLM_F_DUMP)
                                          .PutText(NFTA_RULE_TABLE, kNftTable)
                                          .Asking("read rules"),
                                      [](Bytes body) -> std::optional<std::string> {
                                        if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
                                        const Attributes rule(body);
                                        if (rule.Text(NFTA_RULE_TABLE) != kNftTable)
                                          return std::nullopt;
                                        return rule.Text(NFTA_RULE_CHAIN);
                                      });
  if (!with_rules && with_rules.error().code != ENOENT)
    return tl::unexpected<Error>(with_rules.error());

  return socket.Read(Nftables(NFT_MSG_GETCHAIN, NLM_F_DUMP).Asking("read nftables chains"),
                     [&](Bytes body) -> std::optional<IngressDrop> {
                       if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
                       const Attributes chain(body);
                       if (chain.Text(NFTA_CHAIN_TABLE) != kNftTable) return std::nullopt;
                       IngressDrop found{chain.Text(NFTA_CHAIN_NAME)};
                       const Attributes hook = chain.Nested(NFTA_CHAIN_HOOK);
                       found.whole =
                           awake && hook.U32(NFTA_HOOK_HOOKNUM) == htonl(NF_NETDEV_INGRESS) &&
                           hook.U32(NFTA_HOOK_PRIORITY) == htonl(0) &&
                           hook.Text(NFTA_HOOK_DEV) == found.link &&
                           chain.U32(NFTA_CHAIN_POLICY) == htonl(NF_DROP) &&
                           !(with_rules && std::ranges::count(*with_rules, found.link) > 0);
                       return found;
                     });
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

}  // namespace kvs::netlink
