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

// Reports to the CNI plugin, on the Interface, that everything the pod needs is in effect and
// connections of the previous owner of its addresses are deleted (kvs.realized), or why that is
// impossible (kvs.error).
class AttachmentStatusWriter {
 public:
  struct Judge {
    std::function<uint64_t()> applied;                     // the revision in effect in all targets
    std::function<bool()> netdev;                          // the userspace datapath
    std::function<bool(const ovsdb::Interface&)> refused;  // anything of this pod was
    std::function<std::string(const ovsdb::Interface&)> objection;  // "": none
  };

  // How long a pod that the plugin attached has waited: from when its port appeared in OVSDB until
  // kvs.realized did.
  using OnRealized = std::function<void(std::chrono::milliseconds waited)>;

  AttachmentStatusWriter(io::Loop& loop, ovsdb::Session& session, openflow::Connection& connection,
                         Judge judge, OnRealized on_realized)
      : loop_(loop),
        session_(session),
        connection_(connection),
        judge_(std::move(judge)),
        on_realized_(std::move(on_realized)) {}

  // The Interfaces that appeared or changed; ours without a status wait for one.
  void Note(const ovsdb::Change& change);
  // Everything noted so far is part of this revision.
  void Stamp(uint64_t revision);
  // Writes the statuses that are due, all in one transaction.
  void Write();

  size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::chrono::milliseconds since{0};  // when it appeared
    uint64_t revision = 0;               // 0: not stamped yet
    std::optional<size_t> to_forget;     // flushes in progress; nullopt: not begun
  };

  void Forget(const ovsdb::Interface& interface, Waiting& pod);
  // With the userspace datapath: one flush per address, each walks through the switch's table.
  void ForgetInSwitch(const ovsdb::Uuid& interface, const ovsdb::Attachment& attachment,
                      Waiting& pod);
  // With the kernel's datapath: one walk for all pods that wait at the same time, without
  // ovs-vswitchd.
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
  std::string refusal_;  // why connections can't be deleted; that delays no status
  bool busy_ = false;
};

}  // namespace kvs::apply
