#include "feed/port_feed.h"

#include "base/log.h"
#include "ovsdb/attachment.h"

namespace kvs::feed {
namespace {

// What the plugin has not made just now; others' are none of ours, which is known as well.
bool IsKnown(const ovsdb::Interface& interface) {
  if (!ovsdb::Attachment::IsIn(interface.external_ids)) return true;
  const auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
  return !attachment || attachment->restored() ||
         interface.external_ids.contains(ovsdb::kRealizedKey);
}

}  // namespace

void PortFeed::Apply(const ovsdb::Change& change) {
  // A port that was deleted and made again within one change: first what is gone.
  for (const auto& row : change.interfaces) {
    if (!row.before || (row.after != nullptr && row.after->name == row.before->name)) continue;
    world_.ports.Erase(row.before->name);
    problems_.erase(row.before->name);
    new_.erase(row.before->name);
  }
  for (const auto& row : change.interfaces) {
    if (row.after == nullptr) continue;
    new_.erase(row.after->name);
    if (IsKnown(*row.after))
      Put(*row.after);
    else
      new_.emplace(row.after->name, *row.after);
  }
}

void PortFeed::Admit(const Objection& objection) {
  std::erase_if(new_, [&](const auto& one) {
    if (!objection(one.second).empty()) return false;
    Put(one.second);
    return true;
  });
}

void PortFeed::Put(const ovsdb::Interface& interface) {
  problems_.erase(interface.name);
  if (!ovsdb::Attachment::IsIn(interface.external_ids)) return world_.ports.Erase(interface.name);
  auto attachment = Read(interface);
  if (!attachment) {
    log::Warning("interface {}: {}", interface.name, attachment.error().message);
    problems_[interface.name] = {"Interface/" + interface.name, "external_ids",
                                 attachment.error().message};
    return;
  }
  const int64_t number =
      interface.ofport.value_or(0) > 0 ? *interface.ofport : interface.ofport_request.value_or(0);
  std::string alias = attachment->ToAlias().value_or("");
  world_.ports.Put({.name = interface.name,
                    .ofport = static_cast<flow::OfPort>(number),
                    .mac = attachment->mac,
                    .ips = std::move(attachment->ips),
                    .delegated = attachment->ipam == ovsdb::Attachment::Ipam::kDelegated,
                    .pod = std::move(attachment->pod),
                    .container = std::move(attachment->container),
                    .alias = std::move(alias)});
}

Result<ovsdb::Attachment> PortFeed::Read(const ovsdb::Interface& interface) {
  using ovsdb::Attachment;
  const ovsdb::StringMap& ids = interface.external_ids;
  auto said = Attachment::FromExternalIds(ids);
  const auto linked = Attachment::FromAlias(alias_of_(interface.name));
  const auto has = [&](std::string_view key, const std::string& value) {
    const auto at = ids.find(key);
    return at != ids.end() && at->second == value;
  };
  if (!linked || !has(ovsdb::kContainerKey, linked->container) ||
      !has(ovsdb::kIfnameKey, linked->ifname) ||
      (said && said->mac == linked->mac && said->ips == linked->ips))
    return said;
  Problem problem{
      "Interface/" + interface.name, "external_ids",
      fmt::format("differ from what the pod was attached with, which stays in use; "
                  "restore it: ovs-vsctl set interface {} 'external_ids:{}=\"{}\"' "
                  "'external_ids:{}=\"{}\"'",
                  interface.name, ovsdb::kIpsKey, Join(linked->ips), ovsdb::kMacKey, linked->mac),
      "AttachmentChanged"};
  log::Warning("{}", problem.ToString());
  problems_[interface.name] = std::move(problem);
  if (!said) return *linked;
  said->mac = linked->mac;
  said->ips = linked->ips;
  return said;
}

}  // namespace kvs::feed
