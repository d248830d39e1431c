#include "cni/host_end.h"

#include <cerrno>

#include "netlink/namespace.h"

namespace kvs::cni {
namespace {

bool IsOurs(const netlink::Link& link) {
  return link.group == ovsdb::kLiveLinkGroup || link.group == ovsdb::kDefunctLinkGroup;
}

// The links with a port's name that belong to this attachment.
Result<> FindByRows(netlink::Socket& host, const AttachmentKey& key, const Snapshot& snapshot,
                    Remains& remains) {
  for (const auto& [uuid, interface] : snapshot.rows.interfaces) {
    if (const ovsdb::Port* port = snapshot.rows.ports.Find(interface.name))
      remains.ports.push_back(port->uuid);
    auto link = netlink::FindLink(host, interface.name);
    if (!link && link.error().code != ENODEV) return tl::unexpected(link.error());
    if (link && OwnerOf(*link) == key) remains.links.push_back(std::move(*link));
  }
  return {};
}

Result<> Each(netlink::Socket& host, std::vector<netlink::Request> requests) {
  for (const netlink::Refusal& refusal : host.Try(requests))
    if (refusal.error.code != ENODEV) return tl::unexpected(refusal.error);
  return {};
}

}  // namespace

std::optional<ovsdb::Attachment> AttachmentOf(const netlink::Link& link) {
  if (!IsOurs(link)) return std::nullopt;
  auto attachment = ovsdb::Attachment::FromAlias(
      ovsdb::Attachment::WholeAlias(link.alias, link.name, link.alt_names));
  if (!attachment) return std::nullopt;
  return std::move(*attachment);
}

std::optional<AttachmentKey> OwnerOf(const netlink::Link& link) {
  auto attachment = AttachmentOf(link);
  if (!attachment) return std::nullopt;
  return AttachmentKey{std::move(attachment->container), std::move(attachment->ifname)};
}

Result<Remains> FindRemains(netlink::Socket& host, const Env& env, const Snapshot* snapshot) {
  const AttachmentKey key{env.container, env.ifname};
  Remains remains;
  if (snapshot)
    if (auto found = FindByRows(host, key, *snapshot, remains); !found)
      return tl::unexpected(found.error());
  if (!remains.links.empty()) return remains;
  // No row leads to a link, so the links are searched.
  auto links = netlink::DumpLinks(host);
  if (!links) return tl::unexpected(links.error());
  for (netlink::Link& link : *links)
    if (OwnerOf(link) == key) remains.links.push_back(std::move(link));
  if (remains.links.empty())
    if (auto link = FindByPodEnd(host, env)) remains.links.push_back(std::move(*link));
  return remains;
}

std::optional<netlink::Link> FindByPodEnd(netlink::Socket& host, const Env& env) {
  if (env.netns.empty()) return std::nullopt;
  const auto space = netlink::Namespace::Open(env.netns);
  if (!space) return std::nullopt;
  const auto inside = netlink::Socket::OpenIn(*space);
  if (!inside) return std::nullopt;
  const auto pod_end = netlink::FindLink(**inside, env.ifname);
  if (!pod_end || pod_end->peer == 0) return std::nullopt;
  auto link = netlink::FindLink(host, pod_end->peer);
  if (!link || link->peer != pod_end->index || !IsOurs(*link)) return std::nullopt;
  const bool claimed = link->group == ovsdb::kLiveLinkGroup && !link->alias.empty() &&
                       OwnerOf(*link) != AttachmentKey{env.container, env.ifname};
  if (claimed) return std::nullopt;
  return std::move(*link);
}

Result<> DeleteLinks(netlink::Socket& host, std::span<const netlink::Link> links) {
  std::vector<netlink::Request> requests;
  for (const netlink::Link& link : links) requests.push_back(netlink::DeleteLink(link));
  return Each(host, std::move(requests));
}

Result<> RetireLinks(netlink::Socket& host, std::span<const netlink::Link> links) {
  std::vector<netlink::Request> requests;
  for (const netlink::Link& link : links)
    requests.push_back(netlink::SetLink(link, {.group = ovsdb::kDefunctLinkGroup}));
  return Each(host, std::move(requests));
}

}  // namespace kvs::cni
