#include "controller/plan.h"

#include <algorithm>
#include <optional>

#include "base/usable.h"
#include "controller/range_requests.h"
#include "controller/ranges.h"
#include "controller/refusal.h"

namespace kvs::controller {
namespace {

using kube::Node;
using kube::VSwitchConfig;
using kube::VSwitchConfigSpec;

struct Finding {
  std::string reason;
  Problem problem;
};

template <class T>
using MaybePerFamily = PerFamily<std::optional<T>>;

template <class T>
MaybePerFamily<T> Split(const std::vector<T>& list) {
  MaybePerFamily<T> split;
  for (const T& one : list)
    if (auto& slot = split[one.family()]; !slot) slot = one;
  return split;
}

// A node's plan in progress. Its allocations exclude others'.
struct Draft {
  const Node* node;
  const VSwitchConfig* before = nullptr;   // null: none
  bool own_ranges = false;                 // the Node names its pod ranges
  bool bad_range = false, bad_ip = false;  // its values can't be parsed: keep the previous ones
  MaybePerFamily<Prefix> requested_range, range_before, range;
  MaybePerFamily<Ip> requested_ip, ip_before, ip;
  kube::StringMap sources;
  std::vector<Finding> findings;

  void Report(std::string reason, std::string field, std::string message) {
    findings.push_back(
        {std::move(reason), {"Node/" + node->meta.name, std::move(field), std::move(message)}});
  }
};

class Planner {
 public:
  explicit Planner(const Facts& facts) : facts_(facts) {}

  std::map<std::string, VSwitchConfig> Run() {
    for (const auto& [name, node] : facts_.nodes) drafts_.push_back(Begin(node));
    ListAddresses();
    settings_ = Resolve(facts_.flags, facts_.config_map, facts_.existing, addresses_);
    AllocateRanges();
    AllocateIps();
    std::map<std::string, VSwitchConfig> all;
    for (Draft& draft : drafts_) all.emplace(draft.node->meta.name, Finish(draft));
    return all;
  }

 private:
  Draft Begin(const Node& node) const;
  void ReadRanges(Draft& draft) const;
  void ReadIps(Draft& draft) const;

  void ListAddresses();
  void AllocateRanges();
  RangeRequest RequestOf(Draft& draft, Family family) const;
  void TakeRange(const RangeRequest& request, Draft& draft, Family family) const;
  void ReserveRangesOfTheGone();
  void Allocate(Draft& draft);
  void AllocateIps();
  void RefuseIps(Draft& draft) const;

  VSwitchConfig Finish(Draft& draft) const;
  kube::Condition Accepted(const Draft& draft) const;

  const Facts& facts_;
  Settings settings_;
  std::vector<Draft> drafts_;  // by name
  Ranges ranges_;
  std::vector<TakenAddress> addresses_;
  NodeRanges allocated_;
};

Draft Planner::Begin(const Node& node) const {
  Draft draft{.node = &node};
  if (const auto at = facts_.existing.find(node.meta.name); at != facts_.existing.end()) {
    draft.before = &at->second;
    draft.range_before = Split(draft.before->spec.pod_cidrs);
    draft.ip_before = Split(draft.before->spec.overlay_ips);
  }
  for (const Problem& problem : facts_.problems)
    if (problem.object == "Node/" + node.meta.name)
      draft.findings.push_back({reason::kInvalidNode, problem});
  ReadRanges(draft);
  ReadIps(draft);
  return draft;
}

void Planner::ReadRanges(Draft& draft) const {
  const auto& texts = draft.node->pod_cidrs;
  draft.own_ranges = !texts.empty();
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string field = fmt::format("spec.podCIDRs[{}]", i);
    const auto range = Prefix::Parse(texts[i]);
    if (!range) {
      draft.bad_range = true;
      draft.Report(reason::kPodCidrInvalid, field, range.error().message);
      continue;
    }
    auto& requested = draft.requested_range[range->family()];
    if (requested)
      draft.Report(
          reason::kPodCidrInvalid, field,
          fmt::format(
              "{} is a second range of its family; {} is used; keep one IPv4 and one IPv6 range",
              *range, *requested));
    else
      requested = *range;
  }
}

void Planner::ReadIps(Draft& draft) const {
  const auto& annotations = draft.node->meta.annotations;
  if (const auto at = annotations.find(kOverlayIpAnnotation); at != annotations.end()) {
    draft.sources["overlayIPs"] = fmt::format("Node annotation {}", kOverlayIpAnnotation);
    const auto ips = ParseIps(at->second);
    draft.bad_ip = !ips;
    if (ips)
      draft.requested_ip = Split(*ips);
    else
      draft.Report(reason::kOverlayIpInvalid,
                   fmt::format("metadata.annotations[{}]", kOverlayIpAnnotation),
                   ips.error().message);
    return;
  }
  draft.sources["overlayIPs"] = "Node.status.addresses InternalIP";
  const auto& addresses = draft.node->addresses;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i].type != "InternalIP") continue;
    const auto ip = Ip::Parse(addresses[i].address);
    draft.bad_ip |= !ip;
    if (!ip)
      draft.Report(reason::kOverlayIpInvalid, fmt::format("status.addresses[{}].address", i),
                   ip.error().message);
    else if (auto& requested = draft.requested_ip[ip->family()]; !requested)
      requested = *ip;
  }
}

void Planner::ListAddresses() {
  for (const Ip& ip : facts_.api_servers)
    addresses_.push_back({ip, "the API server's", false, true});
  for (const Draft& draft : drafts_) {
    const std::string whose = "an address of Node/" + draft.node->meta.name;
    for (const kube::NodeAddress& address : draft.node->addresses)
      if (const auto ip = Ip::Parse(address.address); ip && WhyNoOverlayIp(*ip).empty())
        addresses_.push_back({*ip, whose, false});
    for (const Family family : kFamilies)
      for (const auto& ip : {draft.requested_ip[family], draft.ip_before[family]})
        if (ip && WhyNoOverlayIp(*ip).empty())
          addresses_.push_back({*ip, whose, ip == draft.ip_before[family]});
  }
  std::ranges::stable_sort(addresses_, {}, &TakenAddress::ip);
}

void Planner::AllocateRanges() {
  for (const Family family : kFamilies) {
    std::vector<RangeRequest> requests;
    for (Draft& draft : drafts_) requests.push_back(RequestOf(draft, family));
    AnswerRequests(requests, ranges_);
    for (size_t i = 0; i < drafts_.size(); ++i) TakeRange(requests[i], drafts_[i], family);
  }
  ReserveRangesOfTheGone();
  for (const Prefix& services : settings_.service_cidrs) ranges_.Take(services, "");
  for (const TakenAddress& address : addresses_) ranges_.Take(Prefix::Host(address.ip), "");
  for (Draft& draft : drafts_)
    if (!draft.own_ranges) Allocate(draft);
}

// Whether the range is within the cluster's.
bool InCluster(const Prefix& range, const std::vector<Prefix>& cluster) {
  return cluster.empty() ||
         std::ranges::any_of(cluster, [&](const Prefix& one) { return one.Contains(range); });
}

RangeRequest Planner::RequestOf(Draft& draft, Family family) const {
  RangeRequest request{.node = draft.node->meta.name,
                       .requested = draft.requested_range[family],
                       .before = draft.range_before[family]};
  const auto refuse = [&](const std::string& why) {
    draft.Report(reason::kPodCidrInvalid, "spec.podCIDRs", why + "; it is refused");
  };
  if (request.before)
    if (const std::string why =
            WhyRefused(*request.before, true, addresses_, settings_.service_cidrs);
        !why.empty()) {
      if (request.requested != request.before) refuse(why);
      request.before.reset();
    }
  const bool has_it = request.requested == request.before;
  if (request.requested)
    if (const std::string why =
            WhyRefused(*request.requested, has_it, addresses_, settings_.service_cidrs);
        !why.empty()) {
      refuse(why);
      request.requested = request.before;
    }
  if (request.requested && request.requested != request.before &&
      !InCluster(*request.requested, settings_.cluster_cidrs)) {
    draft.Report(
        reason::kPodCidrOutsideCluster, "spec.podCIDRs",
        fmt::format("{} is not within clusterCIDR {}, and is refused; widen clusterCIDR or "
                    "give the node another range",
                    *request.requested, Join(settings_.cluster_cidrs)));
    request.requested = request.before;
  }
  if (!request.requested && (!draft.own_ranges || draft.bad_range))
    request.requested = request.before;
  return request;
}

void Planner::TakeRange(const RangeRequest& request, Draft& draft, Family family) const {
  draft.range[family] = request.allocated;
  if (request.refused)
    draft.Report(reason::kPodCidrOverlap, "spec.podCIDRs",
                 fmt::format("{} overlaps {} of Node/{}, and is refused; give one of them another "
                             "range",
                             *request.requested, request.refused->first, request.refused->second));
  if (request.allocated && !InCluster(*request.allocated, settings_.cluster_cidrs))
    draft.Report(
        reason::kPodCidrOutsideCluster, "spec.podCIDRs",
        fmt::format("{} is not within clusterCIDR {}, and stays in use; widen clusterCIDR, "
                    "or delete VSwitchConfig/{} for a new range",
                    *request.allocated, Join(settings_.cluster_cidrs), request.node));
}

void Planner::ReserveRangesOfTheGone() {
  for (const auto& [name, config] : facts_.existing)
    if (!facts_.nodes.contains(name))
      for (const Prefix& range : config.spec.pod_cidrs) ranges_.Take(range, name);
}

void Planner::Allocate(Draft& draft) {
  if (settings_.cluster_cidrs.empty() && !draft.range[Family::kIpv4] && !draft.range[Family::kIpv6])
    return draft.Report(reason::kPodCidrMissing, "spec.podCIDRs",
                        "the node has no pod range and there is no clusterCIDR to take one from; "
                        "set clusterCIDR in ConfigMap kube-system/k-vswitch");
  std::string full;
  for (const Family family : kFamilies) {
    const int bits = family == Family::kIpv6 ? kNodeBits6 : kNodeBits4;
    for (const Prefix& cluster : settings_.cluster_cidrs) {
      if (cluster.family() != family || draft.range[family]) continue;
      if (cluster.length() <= bits)
        draft.range[family] = ranges_.TakeLowest(cluster, bits, draft.node->meta.name);
      if (!draft.range[family])
        full += fmt::format("{}{} has no free /{}", full.empty() ? "" : ", ", cluster, bits);
      else
        full.clear();
    }
    if (full.empty()) continue;
    draft.Report(reason::kPodCidrsExhausted, "spec.podCIDRs",
                 fmt::format("clusterCIDR {}; add a range to clusterCIDR, or remove nodes", full));
    full.clear();
  }
}

// A refused address is replaced by the node's previous one.
void Planner::RefuseIps(Draft& draft) const {
  for (const Family family : kFamilies) {
    auto& before = draft.ip_before[family];
    auto& requested = draft.requested_ip[family];
    if (before && !WhyRefused(*before, allocated_, {}).empty()) before.reset();
    if (!requested || requested == before) continue;
    const std::string why = WhyRefused(*requested, allocated_, settings_.service_cidrs);
    if (why.empty()) continue;
    draft.Report(reason::kOverlayIpInvalid, "status.addresses", why + "; it is refused");
    draft.bad_ip = true;
    requested.reset();
  }
}

void Planner::AllocateIps() {
  for (const Draft& draft : drafts_)
    for (const auto& range : draft.range.values)
      if (range) allocated_.emplace_back(*range, draft.node->meta.name);
  for (Draft& draft : drafts_) {
    RefuseIps(draft);
    const bool missing =
        !draft.requested_ip[Family::kIpv4] && !draft.requested_ip[Family::kIpv6] && !draft.bad_ip;
    if (missing)
      draft.Report(reason::kOverlayIpMissing, "status.addresses",
                   fmt::format("the node has no address of type InternalIP; give it one, or the "
                               "annotation {}",
                               kOverlayIpAnnotation));
    for (const Family family : kFamilies)
      if (auto& requested = draft.requested_ip[family]; !requested && (missing || draft.bad_ip))
        requested = draft.ip_before[family];
  }
  const auto ranged = [](const std::optional<Ip>& ip) {
    return ip ? std::optional(Prefix::Host(*ip)) : std::nullopt;
  };
  Ranges taken;
  for (const Family family : kFamilies) {
    std::vector<RangeRequest> requests;
    for (const Draft& draft : drafts_)
      requests.push_back({.node = draft.node->meta.name,
                          .requested = ranged(draft.requested_ip[family]),
                          .before = ranged(draft.ip_before[family])});
    AnswerRequests(requests, taken);
    for (size_t i = 0; i < drafts_.size(); ++i) {
      if (requests[i].allocated) drafts_[i].ip[family] = requests[i].allocated->address();
      if (!requests[i].refused) continue;
      drafts_[i].Report(reason::kOverlayIpDuplicate, "status.addresses",
                        fmt::format("{} is the overlay address of Node/{} already, and is refused; "
                                    "give one of them another address",
                                    requests[i].requested->address(), requests[i].refused->second));
    }
  }
}

template <class T>
std::vector<T> Listed(const MaybePerFamily<T>& split, Family first) {
  std::vector<T> list;
  for (const Family family : {first, first == Family::kIpv4 ? Family::kIpv6 : Family::kIpv4})
    if (split[family]) list.push_back(*split[family]);
  return list;
}

// IPv6 comes first if the user wrote it first, because the first entry is the singular field.
Family FirstFamily(const std::vector<std::string>& texts) {
  return !texts.empty() && texts.front().find(':') != std::string::npos ? Family::kIpv6
                                                                        : Family::kIpv4;
}

std::string RangeSource(const Draft& draft, const std::vector<Prefix>& ranges) {
  if (draft.own_ranges) return "Node.spec.podCIDRs";
  if (draft.before && draft.before->spec.pod_cidrs == ranges)
    if (const auto at = draft.before->spec.sources.find("podCIDRs");
        at != draft.before->spec.sources.end())
      return at->second;
  return "allocated from clusterCIDRs";
}

VSwitchConfig Planner::Finish(Draft& draft) const {
  VSwitchConfig config;
  config.meta.name = draft.node->meta.name;
  config.node_uid = draft.node->meta.uid;
  VSwitchConfigSpec& spec = config.spec;
  const Family first = FirstFamily(draft.node->pod_cidrs);
  spec.pod_cidrs = Listed(draft.range, first);
  spec.cluster_cidrs = settings_.cluster_cidrs;
  spec.service_cidrs = settings_.service_cidrs;
  spec.overlay_ips = Listed(draft.ip, first);
  spec.overlay_type = settings_.overlay_type;
  spec.metadata_access = settings_.metadata_access;
  spec.max_connections_per_pod = settings_.max_connections_per_pod;
  spec.sources = settings_.sources;
  if (!spec.pod_cidrs.empty()) spec.sources["podCIDRs"] = RangeSource(draft, spec.pod_cidrs);
  if (!spec.overlay_ips.empty()) spec.sources.merge(draft.sources);
  config.status.conditions = {Accepted(draft)};
  return config;
}

kube::Condition Planner::Accepted(const Draft& draft) const {
  std::vector<Finding> findings = draft.findings;
  for (const Problem& problem : settings_.problems)
    findings.push_back({reason::kInvalidSettings, problem});
  for (const Problem& problem : facts_.problems)
    if (problem.object == fmt::format("ConfigMap/{}", kConfigMapKey))
      findings.push_back({reason::kInvalidSettings, problem});

  kube::Condition condition{.type = std::string(VSwitchConfig::kAccepted),
                            .status = findings.empty() ? "True" : "False",
                            .last_transition_time = facts_.now,
                            .reason = findings.empty() ? reason::kGood : findings.front().reason};
  for (const Finding& finding : findings)
    condition.message += (condition.message.empty() ? "" : "; ") + finding.problem.ToString();
  if (draft.before) {
    const auto* before = kube::FindCondition(draft.before->status.conditions, condition.type);
    if (before && before->status == condition.status)
      condition.last_transition_time = before->last_transition_time;
  }
  return condition;
}

}  // namespace

std::map<std::string, VSwitchConfig> Plan(const Facts& facts) { return Planner(facts).Run(); }

}  // namespace kvs::controller
