#include "apply/verdict_writer.h"

#include "base/log.h"
#include "ovsdb/attachment.h"

namespace kvs::apply {

void VerdictWriter::Note(const ovsdb::Change& change) {
  for (const auto& row : change.interfaces) {
    if (row.before) waiting_.erase(row.before->name);
    if (row.after == nullptr || !ovsdb::Attachment::IsIn(row.after->external_ids)) continue;
    if (!row.after->external_ids.contains(ovsdb::kRealizedKey)) waiting_[row.after->name] = 0;
  }
}

void VerdictWriter::Stamp(uint64_t revision) {
  for (auto& [name, at] : waiting_)
    if (at == 0) at = revision;
}

void VerdictWriter::Write() {
  const uint64_t applied = judge_.applied();
  if (waiting_.empty() || busy_ || applied == 0 || !session_.up()) return;
  ovsdb::Transaction transaction;
  for (const auto& [name, revision] : waiting_) {
    const ovsdb::Interface* interface = session_.replica().interfaces.Find(name);
    if (interface == nullptr || revision == 0 || revision > applied) continue;
    if (const ovsdb::Verdict refused{.error = judge_.objection(*interface)};
        !refused.error.empty()) {
      if (ovsdb::Verdict::FromExternalIds(interface->external_ids) != refused)
        transaction.SetExternalIds(ovsdb::Table::kInterface, interface->uuid,
                                   refused.ToExternalIds());
      continue;
    }
    if (interface->ofport.value_or(0) <= 0 || !judge_.other_parts_ready(*interface)) continue;
    transaction.SetExternalIds(ovsdb::Table::kInterface, interface->uuid,
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

}  // namespace kvs::apply
