#include "netlink/filter_chain.h"

#include <linux/netfilter/nf_tables_compat.h>

#include <algorithm>
#include <bit>
#include <map>

#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

using Always = ChainRule::Always;

constexpr int kMaxJumps = 16;        // NFT_JUMP_STACK_SIZE
constexpr uint8_t kUserComment = 0;  // NFTNL_UDATA_RULE_COMMENT of libnftnl

uint32_t U32(const Attributes& attributes, uint16_t attribute) {
  return ntohl(attributes.U32(attribute).value_or(0));
}

// The comment among a rule's user data: entries of type, length and value, one byte each of the
// first two.
std::string CommentOf(Bytes user_data) {
  while (user_data.size() >= 2 && user_data.size() - 2 >= user_data[1]) {
    const Bytes value = user_data.subspan(2, user_data[1]);
    if (user_data[0] == kUserComment)
      return {value.begin(), std::find(value.begin(), value.end(), 0)};
    user_data = user_data.subspan(2 + value.size());
  }
  return "";
}

void ReadVerdict(const Attributes& immediate, ChainRule& rule) {
  const Attributes verdict = immediate.Nested(NFTA_IMMEDIATE_DATA).Nested(NFTA_DATA_VERDICT);
  switch (std::bit_cast<int32_t>(U32(verdict, NFTA_VERDICT_CODE))) {
    case NF_ACCEPT:
      rule.always = Always::kAccept;
      return;
    case NF_DROP:
      rule.always = Always::kDrop;
      return;
    case NFT_RETURN:
      rule.always = Always::kReturn;
      return;
    case NFT_JUMP:
      rule.always = Always::kJump;
      break;
    case NFT_GOTO:
      rule.always = Always::kGoto;
      break;
    default:
      return;
  }
  rule.target = verdict.Text(NFTA_VERDICT_CHAIN);
}

// A rule is a list of expressions, each of which may end it. An unknown one counts as a condition.
void ReadExpressions(const Attributes& expressions, ChainRule& rule) {
  for (const Bytes element : expressions.All(NFTA_LIST_ELEM)) {
    const Attributes expression(element);
    const std::string name = expression.Text(NFTA_EXPR_NAME);
    const Attributes data = expression.Nested(NFTA_EXPR_DATA);
    if (name == "counter" || name == "log") continue;
    if (name == "immediate") ReadVerdict(data, rule);
    const bool reject =
        name == "reject" || (name == "target" && data.Text(NFTA_TARGET_NAME) == "REJECT");
    if (reject) rule.always = Always::kDrop;
    return;
  }
}

Request AskForRules(uint8_t family, std::string_view table, std::string_view chain) {
  auto message =
      NftablesMessage(NFT_MSG_GETRULE, NLM_F_DUMP, family).PutText(NFTA_RULE_TABLE, table);
  if (!chain.empty()) message.PutText(NFTA_RULE_CHAIN, chain);
  return message.Asking(fmt::format("read nftables rules of table {}", table));
}

// The rules of one table's chains, each read at most once.
class Rules {
 public:
  Rules(Socket& socket, uint8_t family, std::string table)
      : socket_(socket), family_(family), table_(std::move(table)) {}

  Result<std::vector<ChainRule>> Of(const std::string& chain) {
    const auto known = read_.find(chain);
    if (known != read_.end()) return known->second;
    auto rules = socket_.Read(AskForRules(family_, table_, chain), DecodeChainRule);
    if (rules) read_[chain] = *rules;
    return rules;
  }

  // Whether `chain` drops packets that none of its conditions matches; nullopt: its caller or its
  // policy decides.
  Result<std::optional<bool>> Drops(const std::string& chain, int depth = 0) {
    if (depth > kMaxJumps) return std::nullopt;
    const auto rules = Of(chain);
    if (!rules) return tl::unexpected<Error>(rules.error());
    for (const ChainRule& rule : *rules) {
      switch (rule.always) {
        case Always::kNothing:
          continue;
        case Always::kAccept:
        case Always::kDrop:
          return rule.always == Always::kDrop;
        case Always::kReturn:
          return std::nullopt;
        case Always::kJump:
        case Always::kGoto:
          break;
      }
      auto there = Drops(rule.target, depth + 1);
      if (!there || *there || rule.always == Always::kGoto) return there;
    }
    return std::nullopt;
  }

 private:
  Socket& socket_;
  uint8_t family_;
  std::string table_;
  std::map<std::string, std::vector<ChainRule>> read_;
};

using TableKey = std::pair<uint8_t, std::string>;  // family and name

struct TableFlags {
  TableKey table;
  uint32_t flags;
};

std::optional<TableFlags> DecodeTable(Bytes body) {
  const auto header = TakeStruct<nfgenmsg>(body);
  if (!header) return std::nullopt;
  const Attributes table(body);
  return TableFlags{{header->nfgen_family, table.Text(NFTA_TABLE_NAME)},
                    U32(table, NFTA_TABLE_FLAGS)};
}

// Without its rules; `drops` is its policy.
std::optional<FilterChain> DecodeFilterChain(Bytes body) {
  const auto header = TakeStruct<nfgenmsg>(body);
  if (!header) return std::nullopt;
  const uint8_t family = header->nfgen_family;
  const Attributes chain(body);
  if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
    return std::nullopt;
  if (!chain.Find(NFTA_CHAIN_HOOK) || chain.Text(NFTA_CHAIN_TYPE) != "filter") return std::nullopt;
  const uint32_t hook = U32(chain.Nested(NFTA_CHAIN_HOOK), NFTA_HOOK_HOOKNUM);
  if (hook != NF_INET_FORWARD && hook != NF_INET_LOCAL_IN) return std::nullopt;
  FilterChain found{
      .family = family, .table = chain.Text(NFTA_CHAIN_TABLE), .name = chain.Text(NFTA_CHAIN_NAME)};
  found.hook = hook == NF_INET_FORWARD ? FilterChain::Hook::kForward : FilterChain::Hook::kInput;
  found.drops = U32(chain, NFTA_CHAIN_POLICY) == NF_DROP;
  return found;
}

}  // namespace

std::optional<ChainRule> DecodeChainRule(Bytes body) {
  if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
  const Attributes attributes(body);
  ChainRule rule;
  uint64_t handle = 0;
  if (const auto value = attributes.Find(NFTA_RULE_HANDLE); value && value->size() == sizeof handle)
    for (const uint8_t byte : *value) handle = handle << 8 | byte;
  rule.handle = handle;
  rule.comment = CommentOf(attributes.Find(NFTA_RULE_USERDATA).value_or(Bytes{}));
  ReadExpressions(attributes.Nested(NFTA_RULE_EXPRESSIONS), rule);
  return rule;
}

Result<std::vector<FilterChain>> ReadFilterChains(Socket& socket) {
  const auto tables = socket.Read(
      NftablesMessage(NFT_MSG_GETTABLE, NLM_F_DUMP, NFPROTO_UNSPEC).Asking("read nftables tables"),
      DecodeTable);
  if (!tables) return tl::unexpected<Error>(tables.error());
  std::map<TableKey, uint32_t> flags;
  for (const auto& table : *tables) flags[table.table] = table.flags;
  auto chains = socket.Read(
      NftablesMessage(NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC).Asking("read nftables chains"),
      DecodeFilterChain);
  if (!chains) return tl::unexpected<Error>(chains.error());

  std::vector<FilterChain> found;
  for (FilterChain& chain : *chains) {
    const uint32_t of_table = flags[{chain.family, chain.table}];
    if (of_table & NFT_TABLE_F_DORMANT) continue;
    chain.owned = (of_table & NFT_TABLE_F_OWNER) != 0;
    Rules rules(socket, chain.family, chain.table);
    auto own = rules.Of(chain.name);
    if (!own) return tl::unexpected<Error>(own.error());
    const auto drops = rules.Drops(chain.name);
    if (!drops) return tl::unexpected<Error>(drops.error());
    chain.drops = drops->value_or(chain.drops);
    chain.rules = std::move(*own);
    found.push_back(std::move(chain));
  }
  return found;
}

Result<bool> ComparesWith(Socket& socket, const FilterChain& chain, Bytes value) {
  const auto is_value = [&](Bytes element) {
    const Attributes expression(element);
    if (expression.Text(NFTA_EXPR_NAME) != "cmp") return false;
    const auto compared = expression.Nested(NFTA_EXPR_DATA)
                              .Nested(NFTA_CMP_DATA)
                              .Find(NFTA_DATA_VALUE)
                              .value_or(Bytes{});
    // The name of a link is filled up with zeros.
    return compared.size() >= value.size() &&
           std::ranges::equal(compared.first(value.size()), value) &&
           std::ranges::all_of(compared.subspan(value.size()), [](uint8_t b) { return b == 0; });
  };
  const auto compares = [&](Bytes body) -> std::optional<bool> {
    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
    const auto elements = Attributes(body).Nested(NFTA_RULE_EXPRESSIONS).All(NFTA_LIST_ELEM);
    return std::ranges::any_of(elements, is_value) ? std::optional(true) : std::nullopt;
  };
  const auto rules = socket.Read(AskForRules(chain.family, chain.table, ""), compares);
  if (!rules) return tl::unexpected<Error>(rules.error());
  return !rules->empty();
}

Result<uint32_t> RulesetGeneration(Socket& socket) {
  const auto number = [](Bytes body) -> std::optional<uint32_t> {
    if (!TakeStruct<nfgenmsg>(body)) return std::nullopt;
    return U32(Attributes(body), NFTA_GEN_ID);
  };
  const auto found = socket.Read(
      NftablesMessage(NFT_MSG_GETGEN, 0, NFPROTO_UNSPEC).Asking("read nftables"), number);
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->empty()) return Fail("read nftables: the kernel did not return the generation");
  return found->front();
}

}  // namespace kvs::netlink
