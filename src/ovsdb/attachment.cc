#include "ovsdb/attachment.h"

#include <algorithm>

#include "base/number.h"

namespace kvs::ovsdb {
namespace {

constexpr std::string_view kAliasTag = "kvs1";
constexpr std::string_view kNetworkWord = "net=";
constexpr size_t kMaxAlias = 255;    // IFALIASZ - 1, <linux/if.h>
constexpr size_t kMaxAltName = 127;  // ALTIFNAMSIZ - 1

std::string_view Find(const StringMap& ids, std::string_view key) {
  const auto at = ids.find(key);
  return at == ids.end() ? std::string_view() : std::string_view(at->second);
}

void Put(StringMap& ids, std::string_view key, std::string value) {
  if (!value.empty()) ids.emplace(key, std::move(value));
}

tl::unexpected<Error> Missing(std::string_view key) {
  return Fail("external_ids: {} is missing", key);
}
tl::unexpected<Error> Bad(std::string_view key, const Error& error) {
  return Wrap(fmt::format("external_ids: {}", key), error);
}

// Takes the first word off `text`.
std::string_view NextWord(std::string_view& text) {
  const size_t blank = text.find(' ');
  const std::string_view word = text.substr(0, blank);
  text = blank == text.npos ? std::string_view() : text.substr(blank + 1);
  return word;
}

std::string WordOf(const std::string& network) {
  return network.empty() ? "" : std::string(kNetworkWord) + network;
}

std::string NetworkPrefix(std::string_view link) { return fmt::format("{}+net+", link); }

// The rest of the name that begins so.
std::optional<std::string> After(std::string_view prefix, const std::vector<std::string>& names) {
  const auto at = std::ranges::find_if(
      names, [&](const std::string& name) { return name.starts_with(prefix); });
  if (at == names.end()) return std::nullopt;
  return at->substr(prefix.size());
}

// The pod in alternative names; "" if there is none, or not all of it.
std::string PodIn(std::string_view link, const std::vector<std::string>& names) {
  std::string pod;
  for (size_t i = 0; const auto part = After(fmt::format("{}+{}+", link, i), names); ++i)
    pod += *part;
  if (!pod.ends_with('+')) return "";
  pod.pop_back();
  std::ranges::replace(pod, '+', '/');
  return pod;
}

}  // namespace

bool Attachment::IsIn(const StringMap& external_ids) {
  return external_ids.contains(kContainerKey);
}

StringMap Attachment::ToExternalIds() const {
  StringMap ids;
  Put(ids, kContainerKey, container);
  Put(ids, kIfnameKey, ifname);
  Put(ids, kNetnsKey, netns);
  Put(ids, kPodKey, pod.ToString());
  Put(ids, kPodUidKey, pod_uid);
  Put(ids, kNetworkKey, network);
  Put(ids, kIpsKey, Join(ips));
  Put(ids, kMacKey, mac.ToString());
  Put(ids, kIpamKey, ipam == Ipam::kOwn ? "own" : "delegated");
  for (const Ip& ip : ips) ids.merge(IdOf(ip));
  return ids;
}

StringMap Attachment::IdOf(const Ip& ip) {
  return {{std::string(kIpKeyPrefix) + ip.ToString(), "yes"}};
}

StringMap Attachment::MissingIds(const StringMap& external_ids) {
  StringMap missing;
  if (const auto attachment = FromExternalIds(external_ids))
    for (const Ip& ip : attachment->ips)
      for (const auto& [key, value] : IdOf(ip))
        if (!external_ids.contains(key)) missing.emplace(key, value);
  return missing;
}

Result<Attachment> Attachment::FromExternalIds(const StringMap& ids) {
  Attachment attachment;
  attachment.container = Find(ids, kContainerKey);
  attachment.ifname = Find(ids, kIfnameKey);
  attachment.netns = Find(ids, kNetnsKey);
  attachment.pod = NamespacedName::Parse(Find(ids, kPodKey));
  attachment.pod_uid = Find(ids, kPodUidKey);
  attachment.network = Find(ids, kNetworkKey);
  if (attachment.container.empty()) return Missing(kContainerKey);
  if (attachment.ifname.empty()) return Missing(kIfnameKey);
  auto ips = ParseIps(Find(ids, kIpsKey));
  if (!ips) return Bad(kIpsKey, ips.error());
  attachment.ips = std::move(*ips);
  const auto mac = Mac::Parse(Find(ids, kMacKey));
  if (!mac) return Bad(kMacKey, mac.error());
  attachment.mac = *mac;
  const std::string_view ipam = Find(ids, kIpamKey);
  if (ipam != "own" && ipam != "delegated")
    return Fail("external_ids: {}: \"{}\" is neither own nor delegated", kIpamKey, ipam);
  attachment.ipam = ipam == "own" ? Ipam::kOwn : Ipam::kDelegated;
  return attachment;
}

Result<std::string> Attachment::ToAlias() const {
  std::string alias = fmt::format("{} {}/{} {} {}", kAliasTag, container, ifname, mac, Join(ips));
  if (alias.size() > kMaxAlias)
    return Fail("container {}: its link alias would have {} bytes, more than {}", container,
                alias.size(), kMaxAlias);
  for (const std::string& word : {pod.ToString(), WordOf(network)}) {
    if (word.empty()) continue;
    if (alias.size() + 1 + word.size() > kMaxAlias) break;
    alias += ' ' + word;
  }
  return alias;
}

std::vector<std::string> Attachment::ToAltNames(std::string_view link) const {
  const auto alias = ToAlias();
  const auto there = alias ? FromAlias(*alias) : tl::unexpected(alias.error());
  if (!there) return {};
  std::vector<std::string> names;
  if (there->pod != pod) {
    std::string rest = pod.ToString() + '+';  // neither a name's nor a namespace's
    std::ranges::replace(rest, '/', '+');
    while (!rest.empty()) {
      std::string& name = names.emplace_back(fmt::format("{}+{}+", link, names.size()));
      const size_t part = std::min(rest.size(), kMaxAltName - name.size());
      name += rest.substr(0, part);
      rest.erase(0, part);
    }
  }
  if (there->network != network) {
    std::string name = NetworkPrefix(link) + network;
    if (name.size() <= kMaxAltName) names.push_back(std::move(name));
  }
  return names;
}

std::string Attachment::WholeAlias(const std::string& alias, std::string_view link,
                                   const std::vector<std::string>& alt_names) {
  const auto attachment = FromAlias(alias);
  if (!attachment) return alias;
  const std::string pod = attachment->pod.empty() ? PodIn(link, alt_names) : "";
  const std::string network =
      attachment->network.empty() ? After(NetworkPrefix(link), alt_names).value_or("") : "";
  std::string whole = alias;
  for (const std::string& word : {pod, WordOf(network)})
    if (!word.empty()) whole += ' ' + word;
  return whole;
}

Result<Attachment> Attachment::FromAlias(std::string_view alias) {
  std::string_view rest = alias;
  const auto bad = [&](std::string_view why) { return Fail("link alias \"{}\": {}", alias, why); };
  if (NextWord(rest) != kAliasTag) return bad("it isn't one of ours");
  Attachment attachment;
  const std::string_view name = NextWord(rest);
  const size_t slash = name.find('/');
  if (slash == 0 || slash == name.npos || slash + 1 == name.size())
    return bad("CONTAINER/IFNAME is missing");
  attachment.container = name.substr(0, slash);
  attachment.ifname = name.substr(slash + 1);
  const auto mac = Mac::Parse(NextWord(rest));
  if (!mac) return bad(mac.error().message);
  attachment.mac = *mac;
  auto ips = ParseIps(NextWord(rest));
  if (!ips) return bad(ips.error().message);
  attachment.ips = std::move(*ips);
  while (!rest.empty()) {
    const std::string_view word = NextWord(rest);
    if (word.starts_with(kNetworkWord))
      attachment.network = word.substr(kNetworkWord.size());
    else if (word.find('=') == word.npos)
      attachment.pod = NamespacedName::Parse(word);
  }
  return attachment;
}

StringMap AttachmentStatus::ToExternalIds() const {
  StringMap ids;
  if (realized) Put(ids, kRealizedKey, std::to_string(*realized));
  Put(ids, kErrorKey, error);
  return ids;
}

AttachmentStatus AttachmentStatus::FromExternalIds(const StringMap& ids) {
  return {WholeNumber<uint64_t>(Find(ids, kRealizedKey)), std::string(Find(ids, kErrorKey))};
}

StringMap BridgeFacts::ToExternalIds() const {
  StringMap ids;
  Put(ids, kNodeKey, node);
  Put(ids, kPodRangesKey, Join(pod_ranges));
  Put(ids, kMtuKey, std::to_string(mtu));
  Put(ids, kDatapathKey, datapath == Datapath::kNetdev ? "netdev" : "system");
  if (agent_ready) Put(ids, kAgentKey, "ready");
  Put(ids, kMarkLayoutsKey, mark_layouts);
  return ids;
}

Result<BridgeFacts> BridgeFacts::FromExternalIds(const StringMap& ids) {
  BridgeFacts facts;
  facts.node = Find(ids, kNodeKey);
  if (facts.node.empty()) return Missing(kNodeKey);
  auto ranges = ParsePrefixes(Find(ids, kPodRangesKey));
  if (!ranges) return Bad(kPodRangesKey, ranges.error());
  facts.pod_ranges = std::move(*ranges);
  const auto mtu = WholeNumber<int>(Find(ids, kMtuKey));
  if (!mtu || *mtu <= 0)
    return Fail("external_ids: {}: \"{}\" is not an MTU", kMtuKey, Find(ids, kMtuKey));
  facts.mtu = *mtu;
  const std::string_view datapath = Find(ids, kDatapathKey);
  if (datapath != "netdev" && datapath != "system")
    return Fail("external_ids: {}: \"{}\" is neither netdev nor system", kDatapathKey, datapath);
  facts.datapath = datapath == "netdev" ? Datapath::kNetdev : Datapath::kSystem;
  facts.agent_ready = Find(ids, kAgentKey) == "ready";
  facts.mark_layouts = Find(ids, kMarkLayoutsKey);
  return facts;
}

}  // namespace kvs::ovsdb
