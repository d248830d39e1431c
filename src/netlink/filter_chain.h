#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.h"

// The chains that filter the packets that the host's kernel forwards or receives, whichever program
// made them (iptables-nft, firewalld, ufw): base chains of nftables. A packet must pass all of
// them: what one accepts, another can still drop. Rules of iptables-legacy are not included.
// `socket` is one of Socket::OpenNetfilter().
namespace kvs::netlink {

// A rule of a chain, and its effect on every packet; kNothing if it has a condition or no final
// effect.
struct ChainRule {
  enum class Always : uint8_t { kNothing, kAccept, kDrop, kJump, kGoto, kReturn };

  uint64_t handle = 0;  // its number in the table
  std::string comment;  // nft(8); empty if it has none
  Always always = Always::kNothing;
  std::string target;  // chain, of kJump and kGoto
};

// A base chain of type filter for IPv4, IPv6 or both.
struct FilterChain {
  enum class Hook : uint8_t { kInput, kForward };

  uint8_t family = 0;  // NFPROTO_IPV4, NFPROTO_IPV6 or NFPROTO_INET
  std::string table;
  std::string name;
  Hook hook = Hook::kForward;
  // Whether it drops or rejects packets that none of its conditions matches: by its policy, or by a
  // rule without a condition.
  bool drops = false;
  bool owned = false;  // only the program that made the table may change it (NFT_TABLE_F_OWNER)
  std::vector<ChainRule> rules;
};

// All of them in this network namespace. Errors: ENOENT if a table was deleted meanwhile.
Result<std::vector<FilterChain>> ReadFilterChains(Socket& socket);

// Whether any rule of the chain's table compares a packet with `value` (in network byte order), for
// example a link's name or a port. Sets and maps are not searched.
Result<bool> ComparesWith(Socket& socket, const FilterChain& chain, Bytes value);

// The generation of the rulesets in this network namespace: every change changes it.
Result<uint32_t> RulesetGeneration(Socket& socket);

// `body` is that of an NFT_MSG_NEWRULE.
std::optional<ChainRule> DecodeChainRule(Bytes body);

}  // namespace kvs::netlink
