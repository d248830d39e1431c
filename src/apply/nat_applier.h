#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/loop.h"
#include "io/process.h"
#include "pipeline/plan.h"

namespace kvs::apply {

// The whole ruleset of table inet k-vswitch in the language of nft(8): source NAT for
// what pods send out of the cluster. It replaces the table in one transaction, so that there is no
// moment without it.
std::string NatRuleset(const std::vector<pipeline::Masquerade>& masquerades,
                       const std::string& bridge);

// Keeps that table: one run of `nft -f -` per change.
class NatApplier {
 public:
  NatApplier(io::Loop& loop, pipeline::Engine& engine, std::string bridge);

  void Reconcile();
  // Somebody may have flushed our table: writes it again.
  void Renew();
  const std::string& problem() const { return problem_; }
  bool settled() const { return !process_ && problem_.empty() && !applied_.empty(); }

 private:
  void Run();

  io::Loop& loop_;
  pipeline::Engine& engine_;
  std::string bridge_;
  std::string wanted_, applied_;
  std::unique_ptr<io::Process> process_;
  std::string problem_;
  io::Timer retry_;
};

}  // namespace kvs::apply
