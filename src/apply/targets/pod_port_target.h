#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apply/frame/target.h"
#include "netlink/link.h"
#include "ovsdb/attachment.h"
#include "ovsdb/session.h"

namespace kvs::apply {

// A port on our bridge that says in OVSDB whose it is.
struct PodPort {
  std::string name;
  std::string alias;  // the attachment, WholeAlias(), where OVSDB doesn't know it; "": it does

  const std::string& id() const { return name; }
  friend bool operator==(const PodPort&, const PodPort&) = default;
};

// Which ports of pods there should be: those that there are, but for what is amiss between OVSDB
// and the kernel longer than a CNI call takes. The plugin makes and deletes ports and links itself;
// this mends what is left of a reboot (a port without link: the pod is gone, its address is free
// again), of a lost or rolled-back OVSDB (a link without port: its alias tells the attachment), and
// of a port that somebody made again without its attachment.
class PodPortPlan {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  // nullopt: nothing is known of OVSDB or of the bridge.
  std::optional<std::vector<PodPort>> Update(Time now, const ovsdb::Replica& there,
                                             const std::vector<netlink::Link>& links);
  // When to update it again though nothing has changed.
  std::optional<Time> next() const { return next_; }

 private:
  bool Lasts(const std::string& fault, Time now, Time timeout);

  std::map<std::string, Time> since_;  // when a fault was first seen
  std::map<std::string, Time> seen_;   // in this update
  std::optional<Time> next_;
};

class PodPortTarget final : public Target<PodPort> {
 public:
  // `plan` brings what is desired up to date: that follows what is there.
  PodPortTarget(ovsdb::Session& session, std::function<void()> plan)
      : session_(session), plan_(std::move(plan)) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // Since the start.
  uint64_t deleted() const { return deleted_; }
  uint64_t restored() const { return restored_; }

 private:
  void Deleted(const std::string& name);
  void Restored(const std::string& name);

  ovsdb::Session& session_;
  const std::function<void()> plan_;
  uint64_t deleted_ = 0, restored_ = 0;
};

// What makes it so; empty if it is. An Error says why it can't be.
Result<ovsdb::Transaction> TransactionFor(const engine::Change<PodPort>& change,
                                          const ovsdb::Replica& there);

}  // namespace kvs::apply
