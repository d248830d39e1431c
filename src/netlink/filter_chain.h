#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.h"

// What filters the packets that the host's kernel forwards or takes in, whoever set it up
// (iptables-nft, firewalld, ufw): base chains of nftables. A packet must get past all of them: what
// one accepts, another still drops. Rules of iptables-legacy are not seen here. `socket` is one of
// Socket::OpenNetfilter().
namespace kvs::netlink {

// A rule of a chain. What it does with every packet, whatever the packet is; a rule that has a
// condition, or does nothing final, has kNothing.
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
  // Whether it drops or rejects what none of its rules names: by its policy, or by a rule without
  // a condition.
  bool drops = false;
  bool owned = false;  // only the program that made the table may change it (NFT_TABLE_F_OWNER)
  std::vector<ChainRule> rules;
};

// All of them in this network namespace. Errors: ENOENT if a table went while it was read.
Result<std::vector<FilterChain>> ReadFilterChains(Socket& socket);

// Whether some rule of the chain's table compares a packet with `value` (in network byte order):
// the name of a link, a port. Sets and maps are not looked into.
Result<bool> ComparesWith(Socket& socket, const FilterChain& chain, Bytes value);

// A number that every change of a ruleset in this network namespace changes.
Result<uint32_t> RulesetGeneration(Socket& socket);

// `body` of a NFT_MSG_NEWRULE.
std::optional<ChainRule> DecodeChainRule(Bytes body);

}  // namespace kvs::netlink
