#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "io/loop.h"
#include "io/process.h"
#include "netlink/socket.h"
#include "pipeline/items.h"

namespace kvs::apply {

// Table inet k-vswitch: fixed chains, which match packets by sets, and the members of the sets. The
// chains are written once; a change of members changes elements. nft(8) writes them, one
// transaction each; a dump is compared with what the kernel showed after our last write.
class NftTarget final : public Target<pipeline::AddressSetMember> {
 public:
  // `bridge`: the name of the LOCAL link.
  NftTarget(io::Loop& loop, std::string bridge) : loop_(loop), bridge_(std::move(bridge)) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // Whether we made the transaction of this generation, or possibly did: one is in progress.
  bool Wrote(uint32_t generation) const { return process_ != nullptr || generation == generation_; }

 private:
  using Members = std::set<pipeline::AddressSetMember>;

  struct Reading {
    std::optional<uint64_t> content;  // nullopt: there is no table
    uint32_t generation = 0;          // of all rulesets, at that moment
  };
  Result<Reading> Read();
  void Write(Members members, int tries, const OnOutcome& done);

  io::Loop& loop_;
  const std::string bridge_;
  std::unique_ptr<netlink::Socket> socket_;
  std::unique_ptr<io::Process> process_;
  Members members_;                  // as written last
  uint32_t generation_ = 0;          // that our last write made
  std::optional<uint64_t> content_;  // that the kernel showed then; nullopt: must be written
};

// The whole table, in the language of nft(8). It replaces the present table in one transaction, so
// there is no moment without a table.
std::string Ruleset(const std::set<pipeline::AddressSetMember>& members, const std::string& bridge);
// The changes from one set of members to another; "" if both have the same effect on every packet.
std::string ElementChanges(const std::set<pipeline::AddressSetMember>& before,
                           const std::set<pipeline::AddressSetMember>& now);

}  // namespace kvs::apply
