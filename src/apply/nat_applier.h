#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/loop.h"
#include "io/process.h"
#include "netlink/socket.h"
#include "pipeline/plan.h"

namespace kvs::apply {

// The whole ruleset of table inet k-vswitch in the language of nft(8): source NAT for
// what pods send out of the cluster, and a guard against false sources on the way in. It replaces
// the table in one transaction, so that there is no moment without it.
std::string NatRuleset(const std::vector<pipeline::Masquerade>& masquerades,
                       const std::vector<pipeline::SourceGuard>& guards, const std::string& bridge);

// Keeps that table: one run of `nft -f -` per change.
class NatApplier {
 public:
  NatApplier(io::Loop& loop, pipeline::Engine& engine, std::string bridge);

  void Reconcile();
  // Looks whether our table is still there, and writes it again if somebody took it away.
  void Audit();
  uint64_t repairs() const { return repairs_; }
  const std::string& problem() const { return problem_; }

 private:
  void Run();

  io::Loop& loop_;
  pipeline::Engine& engine_;
  std::string bridge_;
  std::string wanted_, applied_;
  size_t masquerades_ = 0, guards_ = 0;  // rules in wanted_
  uint64_t repairs_ = 0;
  std::unique_ptr<netlink::Socket> netfilter_;
  std::unique_ptr<io::Process> process_;
  std::string problem_;
  io::Timer retry_;
};

}  // namespace kvs::apply
