#include "apply/attachment_status.h"

#include <set>
#include <utility>

#include "base/log.h"
#include "netlink/conntrack.h"
#include "pipeline/fields.h"

namespace kvs::apply {
namespace {

const std::vector<uint8_t> kAll = {0};
// TCP, UDP and SCTP: all that userspace tracks except ICMPv6, whose flush aborts most versions of
// OVS 3.1 (see ct_flush.h). Echo connections expire a minute after the last packet.
const std::vector<uint8_t> kWithoutIcmp6 = {6, 17, 132};

std::set<uint16_t> Zones() {
  std::set<uint16_t> zones;
  for (const pipeline::Zone zone : pipeline::kZonesInUse) zones.insert(static_cast<uint16_t>(zone));
  return zones;
}

}  // namespace

void AttachmentStatusWriter::Note(const ovsdb::Change& change) {
  for (const auto& row : change.interfaces) {
    if (row.after == nullptr || !ovsdb::Attachment::IsIn(row.after->external_ids) ||
        row.after->external_ids.contains(ovsdb::kRealizedKey)) {
      const auto known = waiting_.find(row.after == nullptr ? row.before->uuid : row.after->uuid);
      if (known == waiting_.end()) continue;
      // Not for a port that was restored from its link: its pod had its network all the time.
      if (row.after != nullptr && row.after->external_ids.contains(ovsdb::kNetnsKey) &&
          row.after->external_ids.contains(ovsdb::kRealizedKey))
        on_realized_(loop_.Now() - known->second.since);
      waiting_.erase(known);
      continue;
    }
    waiting_.try_emplace(row.after->uuid, Waiting{.since = loop_.Now()}).first->second.revision = 0;
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
    if (const ovsdb::AttachmentStatus refused{.error = judge_.objection(*interface)};
        !refused.error.empty()) {
      if (!busy_ && ovsdb::AttachmentStatus::FromExternalIds(interface->external_ids) != refused)
        transaction.SetExternalIds(ovsdb::Table::kInterface, uuid, refused.ToExternalIds());
      continue;
    }
    // The flows of the previous owner of the addresses are gone now; its connections are deleted
    // while the port is opened.
    if (!pod.to_forget) Forget(*interface, pod);
    if (busy_ || pod.to_forget != 0) continue;
    if (interface->ofport.value_or(0) <= 0 || judge_.refused(*interface)) continue;
    transaction.SetExternalIds(ovsdb::Table::kInterface, uuid,
                               ovsdb::AttachmentStatus{.realized = applied}.ToExternalIds());
  }
  ForgetInKernel();
  if (transaction.operations().empty()) return;
  busy_ = true;
  session_.Transact(std::move(transaction), [this](const ovsdb::Outcome& outcome) {
    busy_ = false;
    // A port that was deleted meanwhile makes the whole transaction fail: the others still wait,
    // and are written again when the replica shows the deletion. If the database can't be written,
    // it is tried again after a second.
    if (outcome) return Write();
    log::Debug("OVSDB: attachment status: {}", outcome.error().message);
  });
}

void AttachmentStatusWriter::Forget(const ovsdb::Interface& interface, Waiting& pod) {
  pod.to_forget = 0;
  const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
  if (!attachment) return;             // a problem of PortFeed's
  if (attachment->restored()) return;  // the connections are the pod's own
  if (judge_.netdev()) return ForgetInSwitch(interface.uuid, *attachment, pod);
  pod.to_forget = 1;
  to_forget_.emplace(interface.uuid, attachment->ips);
}

void AttachmentStatusWriter::ForgetInSwitch(const ovsdb::Uuid& interface,
                                            const ovsdb::Attachment& attachment, Waiting& pod) {
  using Role = openflow::CtFilter::Role;
  for (const Ip& ip : attachment.ips)
    for (const pipeline::Zone zone : pipeline::kZonesInUse)
      for (const Role role : {Role::kClient, Role::kServer})
        for (const uint8_t protocol : ip.is6() ? kWithoutIcmp6 : kAll) {
          ++*pod.to_forget;
          connection_.FlushConntrack(
              {static_cast<uint16_t>(zone), ip, role, protocol},
              [this, interface](const Result<>& done) { Forgotten(interface, done); });
        }
}

void AttachmentStatusWriter::ForgetInKernel() {
  if (forgetting_ || to_forget_.empty()) return;
  std::vector<ovsdb::Uuid> interfaces;
  std::set<Ip> addresses;
  for (const auto& [interface, ips] : std::exchange(to_forget_, {})) {
    interfaces.push_back(interface);
    addresses.insert(ips.begin(), ips.end());
  }
  const auto result = std::make_shared<Result<>>();
  forgetting_ = io::BlockingTask::Run(
      loop_,
      [addresses, result] {
        auto socket = netlink::Socket::OpenNetfilter();
        *result = socket ? netlink::ForgetConnections(**socket, Zones(), addresses)
                         : tl::unexpected(socket.error());
      },
      [this, interfaces, result] {
        forgetting_.reset();
        for (const ovsdb::Uuid& interface : interfaces) Forgotten(interface, *result);
        ForgetInKernel();
      });
}

void AttachmentStatusWriter::Forgotten(const ovsdb::Uuid& interface, const Result<>& done) {
  const auto it = waiting_.find(interface);
  if (!connection_.up()) {
    if (it != waiting_.end()) it->second.to_forget.reset();
    return;
  }
  const std::string refusal = done ? "" : done.error().message;
  if (!done && refusal != refusal_)
    log::Warning("{}; new pods may inherit connections of the previous owners of their addresses{}",
                 refusal, judge_.netdev() ? "; install Open vSwitch 3.1 or newer" : "");
  refusal_ = refusal;
  if (it != waiting_.end() && it->second.to_forget && --*it->second.to_forget == 0) Write();
}

}  // namespace kvs::apply
