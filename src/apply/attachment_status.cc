#include "apply/attachment_status.h"

#include <vector>

#include "base/log.h"
#include "ovsdb/attachment.h"
#include "pipeline/fields.h"

namespace kvs::apply {
namespace {

const std::vector<uint8_t> kAll = {0};
// TCP, UDP and SCTP: all that userspace tracks but ICMPv6, whose flush aborts most of OVS 3.1 (see
// ct_flush.h). An echo is forgotten by itself, a minute after the last.
const std::vector<uint8_t> kWithoutIcmp6 = {6, 17, 132};

}  // namespace

void AttachmentStatusWriter::Note(const ovsdb::Change& change) {
  for (const auto& row : change.interfaces) {
    if (row.after == nullptr || !ovsdb::Attachment::IsIn(row.after->external_ids) ||
        row.after->external_ids.contains(ovsdb::kRealizedKey)) {
      waiting_.erase(row.after == nullptr ? row.before->uuid : row.after->uuid);
      continue;
    }
    waiting_[row.after->uuid].revision = 0;
  }
}

void AttachmentStatusWriter::Stamp(uint64_t revision) {
  for (auto& [uuid, pod] : waiting_)
    if (pod.revision == 0) pod.revision = revision;
}

void AttachmentStatusWriter::Write() {
  const uint64_t applied = judge_.applied();
  if (waiting_.empty() || applied == 0 || !session_.up()) return;
  ovsdb::Transaction transaction;
  for (auto& [uuid, pod] : waiting_) {
    const ovsdb::Interface* interface = session_.replica().interfaces.Find(uuid);
    if (interface == nullptr || pod.revision == 0 || pod.revision > applied) continue;
    if (const ovsdb::Verdict refused{.error = judge_.objection(*interface)};
        !refused.error.empty()) {
      if (!busy_ && ovsdb::Verdict::FromExternalIds(interface->external_ids) != refused)
        transaction.SetExternalIds(ovsdb::Table::kInterface, uuid, refused.ToExternalIds());
      continue;
    }
    // Now that flows of whoever had the addresses before are gone, and while the port is opened.
    if (!pod.to_forget) Forget(*interface, pod);
    if (busy_ || pod.to_forget != 0) continue;
    if (interface->ofport.value_or(0) <= 0 || judge_.refused(*interface)) continue;
    transaction.SetExternalIds(ovsdb::Table::kInterface, uuid,
                               ovsdb::Verdict{.realized = applied}.ToExternalIds());
  }
  if (transaction.operations().empty()) return;
  busy_ = true;
  session_.Transact(std::move(transaction), [this](const ovsdb::Outcome& outcome) {
    busy_ = false;
    // A port that was deleted meanwhile fails the others' verdicts too: they are still waiting, and
    // written again when the replica shows that. A database that takes nothing is asked again in a
    // second.
    if (outcome) return Write();
    log::Debug("OVSDB: verdicts: {}", outcome.error().message);
  });
}

void AttachmentStatusWriter::Forget(const ovsdb::Interface& interface, Waiting& pod) {
  pod.to_forget = 0;
  const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
  if (!attachment) return;           // a problem of PortFeed's
  if (attachment->remade()) return;  // the connections are the pod's own
  using Role = openflow::CtFilter::Role;
  for (const Ip& ip : attachment->ips)
    for (const pipeline::Zone zone : pipeline::kZonesInUse)
      for (const Role role : {Role::kClient, Role::kServer})
        for (const uint8_t protocol : ip.is6() && judge_.netdev() ? kWithoutIcmp6 : kAll)
          Forget(interface.uuid, {static_cast<uint16_t>(zone), ip, role, protocol}, pod);
}

void AttachmentStatusWriter::Forget(const ovsdb::Uuid& interface, const openflow::CtFilter& filter,
                                    Waiting& pod) {
  ++*pod.to_forget;
  connection_.FlushConntrack(
      filter, [this, interface](const Result<>& done) { Forgotten(interface, done); });
}

void AttachmentStatusWriter::Forgotten(const ovsdb::Uuid& interface, const Result<>& done) {
  const auto it = waiting_.find(interface);
  if (!connection_.up()) {
    if (it != waiting_.end()) it->second.to_forget.reset();
    return;
  }
  const std::string refusal = done ? "" : done.error().message;
  if (!done && refusal != refusal_)
    log::Warning(
        "switch: {}; new pods may inherit connections of who had their addresses before; install "
        "Open vSwitch 3.1 or newer",
        refusal);
  refusal_ = refusal;
  if (it != waiting_.end() && it->second.to_forget && --*it->second.to_forget == 0) Write();
}

}  // namespace kvs::apply
