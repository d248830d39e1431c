#include "apply/targets/pod_port_target.h"

#include <algorithm>
#include <memory>
#include <set>

#include "base/log.h"

namespace kvs::apply {
namespace {

using ovsdb::Attachment;
using ovsdb::Table;

// A CNI call has ended, or has undone its work, within 10 s.
constexpr PodPortPlan::Time kLongerThanACall{11000};
// During a CNI call, a link in the live group is without a port for a shorter time only.
constexpr PodPortPlan::Time kLongerThanAnAdd{3000};

bool IsLiveOne(const netlink::Link& link) {
  // Other programs may use the group too.
  return link.group == ovsdb::kLiveLinkGroup && Attachment::FromAlias(link.alias).has_value();
}

// The ports of pods on our bridge.
std::vector<const ovsdb::Interface*> PodPortsOf(const ovsdb::Replica& there) {
  std::vector<const ovsdb::Interface*> ports;
  const ovsdb::Bridge* bridge = there.bridges.Find(ovsdb::kBridgeName);
  if (bridge == nullptr) return ports;
  for (const ovsdb::Uuid& uuid : bridge->ports) {
    const ovsdb::Port* port = there.ports.Find(uuid);
    const ovsdb::Interface* interface =
        port == nullptr ? nullptr : there.interfaces.Find(port->name);
    if (interface != nullptr && Attachment::IsIn(interface->external_ids))
      ports.push_back(interface);
  }
  return ports;
}

}  // namespace

bool PodPortPlan::Lasts(const std::string& fault, Time now, Time timeout) {
  const auto known = since_.find(fault);
  const Time since = known == since_.end() ? now : known->second;
  seen_.emplace(fault, since);
  if (now - since >= timeout) return true;
  next_ = std::min(next_.value_or(Time::max()), since + timeout);
  return false;
}

std::optional<std::vector<PodPort>> PodPortPlan::Update(Time now, const ovsdb::Replica& there,
                                                        const std::vector<netlink::Link>& links) {
  if (there.bridges.Find(ovsdb::kBridgeName) == nullptr) return std::nullopt;
  next_.reset();
  seen_.clear();
  std::map<std::string_view, const netlink::Link*> by_name;
  for (const netlink::Link& link : links) by_name.emplace(link.name, &link);

  std::vector<PodPort> wanted;
  std::set<std::string, std::less<>> with_port;
  for (const ovsdb::Interface* port : PodPortsOf(there)) {
    const std::string& name = port->name;
    const auto link = by_name.find(name);
    const bool gone = link == by_name.end() || link->second->group == ovsdb::kDefunctLinkGroup;
    if (!gone || !Lasts("port " + name, now, kLongerThanACall)) wanted.push_back({name, ""});
    with_port.insert(name);
  }
  for (const netlink::Link& link : links)
    if (!with_port.contains(link.name) && IsLiveOne(link) &&
        Lasts("link " + link.name, now, kLongerThanAnAdd))
      wanted.push_back({link.name, Attachment::WholeAlias(link.alias, link.name, link.alt_names)});
  since_ = std::move(seen_);
  return wanted;
}

Result<ovsdb::Transaction> TransactionFor(const engine::Change<PodPort>& change,
                                          const ovsdb::Replica& there) {
  ovsdb::Transaction transaction;
  const std::string name = change.id();
  const ovsdb::Bridge* bridge = there.bridges.Find(ovsdb::kBridgeName);
  const ovsdb::Port* port = there.ports.Find(name);
  const bool here = port != nullptr && bridge != nullptr && bridge->ports.contains(port->uuid);
  if (bridge == nullptr) return transaction;
  transaction.Comment("k-vswitchd: repair port " + name);
  if (change.now == nullptr) {
    if (!here) return ovsdb::Transaction();
    transaction.DeletePort(bridge->uuid, port->uuid);
    return transaction;
  }
  const ovsdb::Interface* interface = there.interfaces.Find(name);
  if (change.now->alias.empty()) {
    const auto missing =
        interface == nullptr ? ovsdb::StringMap() : Attachment::MissingIds(interface->external_ids);
    if (missing.empty()) return ovsdb::Transaction();
    transaction.SetExternalIds(Table::kInterface, interface->uuid, missing);
    return transaction;
  }
  const auto attachment = Attachment::FromAlias(change.now->alias);
  if (!attachment) return Wrap("its alias", attachment.error());
  if (here && interface != nullptr) {  // it is there, but says nothing of its pod
    transaction.SetExternalIds(Table::kInterface, interface->uuid, attachment->ToExternalIds());
    return transaction;
  }
  if (interface != nullptr || port != nullptr)
    return Fail(
        "a port of this name is on another bridge, so the pod is disconnected; delete it: "
        "ovs-vsctl del-port {}",
        name);
  ovsdb::Port made;
  made.name = name;
  ovsdb::Interface end;
  end.name = name;
  end.external_ids = attachment->ToExternalIds();
  if (const auto index = ovsdb::IndexOfPort(name)) end.ofport_request = ovsdb::OfportOf(*index);
  transaction.InsertPort(bridge->uuid, made, end);
  return transaction;
}

void PodPortTarget::Dump(OnContents done) {
  if (!session_.up()) return done(Fail("OVSDB is not connected"));
  plan_();
  Contents contents;
  for (const ovsdb::Interface* port : PodPortsOf(session_.replica()))
    std::get<0>(contents).push_back(
        {{port->name, ""}, Attachment::MissingIds(port->external_ids).empty()});
  done(std::move(contents));
}

// Each port separately, so that a faulty one does not block others.
void PodPortTarget::Apply(const Deltas& deltas, OnOutcome done) {
  struct Work {
    Outcome<PodPort> outcome;
    size_t left = 1;
    OnOutcome done;
  };
  const auto work = std::make_shared<Work>();
  work->done = std::move(done);
  const auto finish = [work] {
    if (--work->left == 0) work->done(work->outcome);
  };
  for (const auto& change : std::get<0>(deltas).changes) {
    const std::string name = change.id();
    const auto refuse = [work, name](const std::string& why) {
      work->outcome.Refuse<PodPort>(name, {"Port/" + name, "external_ids", why, "PortNotMended"});
    };
    auto transaction = TransactionFor(change, session_.replica());
    if (!transaction) refuse(transaction.error().message);
    if (!transaction || transaction->operations().empty()) continue;
    ++work->left;
    session_.Transact(*std::move(transaction),
                      [this, work, finish, refuse, name, gone = change.now == nullptr,
                       restored = change.now != nullptr &&
                                  !change.now->alias.empty()](const ovsdb::Outcome& made) {
                        using Reason = ovsdb::TransactError::Reason;
                        if (made) {
                          if (gone) Deleted(name);
                          if (restored) Restored(name);
                        } else if (made.error().reason == Reason::kNotConnected ||
                                   made.error().reason == Reason::kUnknownOutcome) {
                          work->outcome.error = made.error();
                        } else {
                          refuse(made.error().message);
                        }
                        finish();
                      });
  }
  finish();
}

void PodPortTarget::Deleted(const std::string& name) {
  ++deleted_;
  log::Warning("port {}: deleted, because its link no longer exists (a reboot?)", name);
}

void PodPortTarget::Restored(const std::string& name) {
  ++restored_;
  log::Warning("link {}: restored its pod's port in OVSDB (was conf.db lost?)", name);
}

}  // namespace kvs::apply
