#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/problem.h"
#include "ovsdb/attachment.h"
#include "ovsdb/session.h"

namespace kvs::apply {

// What should stand in OVSDB for the node as a whole: the bridge with its LOCAL port, the tunnel
// port, and what the CNI plugin must know.
struct WantedBridge {
  struct Tunnel {
    std::string name;
    std::string type;  // vxlan, gre, geneve
    ovsdb::StringMap options;
    int64_t ofport = 0;
    friend bool operator==(const Tunnel&, const Tunnel&) = default;
  };

  std::string name;
  std::string datapath_type;  // system or netdev
  Mac hwaddr;  // of the LOCAL port; fixed, so that ports that come and go don't change it
  ovsdb::BridgeFacts facts;
  bool tunnel_known = false;  // false: whatever tunnel is there stays
  std::optional<Tunnel> tunnel;

  friend bool operator==(const WantedBridge&, const WantedBridge&) = default;
};

// The transaction that makes `there` equal to `wanted`; empty if it is. A bridge of this name that
// is not ours (no kvs.node in its external_ids) or that belongs to another node is left alone:
// Problem.
struct BridgeChange {
  ovsdb::Transaction transaction;
  std::optional<Problem> problem;
};
BridgeChange Compare(const WantedBridge& wanted, const ovsdb::Replica& there);

// Keeps OVSDB equal to it: one transaction at a time, the next when the replica shows the last.
class BridgeApplier {
 public:
  explicit BridgeApplier(ovsdb::Session& session) : session_(session) {}

  void Want(WantedBridge wanted);
  // The replica may have changed, or the session is up again.
  void Reconcile();

  const std::optional<Problem>& problem() const { return problem_; }
  uint64_t repairs() const { return repairs_; }

 private:
  ovsdb::Session& session_;
  std::optional<WantedBridge> wanted_;
  std::optional<Problem> problem_;
  bool busy_ = false;
  bool settled_ = false;  // it was once as wanted; what differs now was somebody else
  uint64_t repairs_ = 0;
};

}  // namespace kvs::apply
