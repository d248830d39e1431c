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

// A port on our bridge with its attachment in OVSDB.
struct PodPort {
  std::string name;
  std::string alias;  // the attachment (WholeAlias()) if OVSDB lacks it; "": it doesn't

  const std::string& id() const { return name; }
  friend bool operator==(const PodPort&, const PodPort&) = default;
};

// Which ports of pods should exist: the present ones, without differences between OVSDB and the
// kernel that last longer than a CNI call takes. The plugin creates and deletes ports and links
// itself; this repairs what a reboot leaves (a port without link: the pod is gone, and its address
// is free again), what a lost or rolled-back OVSDB leaves (a link without port: its alias has the
// attachment), and a port that was recreated without its attachment.
class PodPortPlan {
 public:
  using Time = std::chrono::milliseconds;  // since an arbitrary start

  // nullopt: OVSDB or the bridge is not known.
  std::optional<std::vector<PodPort>> Update(Time now, const ovsdb::Replica& there,
                                             const std::vector<netlink::Link>& links);
  // When to call Update() again although nothing has changed.
  std::optional<Time> next() const { return next_; }

 private:
  bool Lasts(const std::string& fault, Time now, Time timeout);

  std::map<std::string, Time> since_;  // when a fault was first seen
  std::map<std::string, Time> seen_;   // in this update
  std::optional<Time> next_;
};

class PodPortTarget final : public Target<PodPort> {
 public:
  // `plan` updates what is desired, which depends on what exists.
  PodPortTarget(ovsdb::Session& session, std::function<void()> plan)
      : session_(session), plan_(std::move(plan)) {}

  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

  // Number of deleted ports since the start.
  uint64_t deleted() const { return deleted_; }
  uint64_t restored() const { return restored_; }

 private:
  void Deleted(const std::string& name);
  void Restored(const std::string& name);

  ovsdb::Session& session_;
  const std::function<void()> plan_;
  uint64_t deleted_ = 0, restored_ = 0;
};

// The transaction that makes the change; empty if there is nothing to do. An Error says why it is
// impossible.
Result<ovsdb::Transaction> TransactionFor(const engine::Change<PodPort>& change,
                                          const ovsdb::Replica& there);

}  // namespace kvs::apply
