#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/blocking_task.h"
#include "openflow/connection.h"
#include "ovsdb/attachment.h"
#include "ovsdb/session.h"

namespace kvs::apply {

// Tells the CNI plugin, on the Interface, that all that a pod needs is in effect and connections of
// whoever had its addresses before are forgotten (kvs.realized), or why that will not be
// (kvs.error).
class AttachmentStatusWriter {
 public:
  struct Judge {
    std::function<uint64_t()> applied;  // the revision that all parts of the node have
    std::function<bool()> netdev;       // the userspace datapath
    std::function<bool(const ovsdb::Interface&)> refused;           // something of this pod's
    std::function<std::string(const ovsdb::Interface&)> objection;  // "": none
  };

  // How long a pod that the plugin attached has waited, from when its port appeared in OVSDB until
  // kvs.realized did.
  using OnRealized = std::function<void(std::chrono::milliseconds waited)>;

  AttachmentStatusWriter(io::Loop& loop, ovsdb::Session& session, openflow::Connection& connection,
                         Judge judge, OnRealized on_realized)
      : loop_(loop),
        session_(session),
        connection_(connection),
        judge_(std::move(judge)),
        on_realized_(std::move(on_realized)) {}

  // Interfaces that appeared or changed; what is ours and has no verdict yet waits for one.
  void Note(const ovsdb::Change& change);
  // Everything noted so far is part of this revision.
  void Stamp(uint64_t revision);
  // Writes what is due, all in one transaction.
  void Write();

  size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::chrono::milliseconds since{0};  // when it appeared
    uint64_t revision = 0;               // 0: not stamped yet
    std::optional<size_t> to_forget;     // flushes that are under way; nullopt: not begun
  };

  void Forget(const ovsdb::Interface& interface, Waiting& pod);
  // The userspace datapath: it walks its table for each address.
  void ForgetInSwitch(const ovsdb::Uuid& interface, const ovsdb::Attachment& attachment,
                      Waiting& pod);
  // The kernel's: one walk for all pods that came together, and none in ovs-vswitchd.
  void ForgetInKernel();
  void Forgotten(const ovsdb::Uuid& interface, const Result<>& done);

  io::Loop& loop_;
  ovsdb::Session& session_;
  openflow::Connection& connection_;
  Judge judge_;
  const OnRealized on_realized_;
  std::map<ovsdb::Uuid, Waiting> waiting_;            // by interface
  std::map<ovsdb::Uuid, std::vector<Ip>> to_forget_;  // the next walk's
  std::unique_ptr<io::BlockingTask> forgetting_;
  std::string refusal_;  // why old connections are kept, which holds up no verdict
  bool busy_ = false;
};

}  // namespace kvs::apply
