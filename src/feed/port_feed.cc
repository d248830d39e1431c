#include "feed/port_feed.h"

#include "base/log.h"
#include "ovsdb/attachment.h"

namespace kvs::feed {

void PortFeed::Apply(const ovsdb::Change& change) {
  // A port that was deleted and made again within one change: first what is gone.
  for (const auto& row : change.interfaces) {
    if (!row.before || (row.after != nullptr && row.after->name == row.before->name)) continue;
    world_.ports.Erase(row.before->name);
    problems_.erase(row.before->name);
  }
  for (const auto& row : change.interfaces)
    if (row.after != nullptr) Put(*row.after);
}

void PortFeed::Put(const ovsdb::Interface& interface) {
  problems_.erase(interface.name);
  if (!ovsdb::Attachment::IsIn(interface.external_ids)) return world_.ports.Erase(interface.name);
  auto attachment = ovsdb::Attachment::FromExternalIds(interface.external_ids);
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
                    .ofport = static_cast<uint32_t>(number),
                    .mac = attachment->mac,
                    .ips = std::move(attachment->ips),
                    .delegated = attachment->ipam == ovsdb::Attachment::Ipam::kDelegated,
                    .pod = std::move(attachment->pod),
                    .container = std::move(attachment->container),
                    .alias = std::move(alias)});
}

}  // namespace kvs::feed
