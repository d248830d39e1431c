#include "controller/plan.h"

#include <algorithm>
#include <array>
#include <optional>

#include "controller/ranges.h"

namespace kvs::controller {
namespace {

using kube::Node;
using kube::VSwitchConfig;
using kube::VSwitchConfigSpec;

struct Finding {
  std::string reason;
  Problem problem;
};

enum Family { kFour, kSix };
constexpr Family kFamilies[] = {kFour, kSix};
Family FamilyOf(const Ip& ip) { return ip.is6() ? kSix : kFour; }
Family FamilyOf(const Prefix& range) { return FamilyOf(range.address()); }

// One value per family at most.
template <class T>
using PerFamily = std::array<std::optional<T>, 2>;

template <class T>
PerFamily<T> Split(const std::vector<T>& list) {
  PerFamily<T> split;
  for (const T& one : list)
    if (auto& slot = split[FamilyOf(one)]; !slot) slot = one;
  return split;
}

// A node's plan in the making. What is granted may not be granted to anybody else.
struct Draft {
  const Node* node;
  const VSwitchConfig* before = nullptr;   // null: none
  bool own_ranges = false;                 // the Node names its pod ranges
  bool bad_range = false, bad_ip = false;  // what it names can't be read: keep what there was
  PerFamily<Prefix> range_wish, range_before, range;
  PerFamily<Ip> ip_wish, ip_before, ip;
  kube::StringMap sources;
  std::vector<Finding> findings;

  void Report(std::string reason, std::string field, std::string message) {
    findings.push_back(
        {std::move(reason), {"Node/" + node->meta.name, std::move(field), std::move(message)}});
  }
};

class Planner {
 public:
  explicit Planner(const Facts& facts)
      : facts_(facts), settings_(Resolve(facts.flags, facts.config_map, facts.existing)) {}

  std::map<std::string, VSwitchConfig> Run() {
    for (const auto& [name, node] : facts_.nodes) drafts_.push_back(Begin(node));
    GrantRanges();
    GrantIps();
    std::map<std::string, VSwitchConfig> all;
    for (Draft& draft : drafts_) all.emplace(draft.node->meta.name, Finish(draft));
    return all;
  }

 private:
  Draft Begin(const Node& node) const;
  void ReadRanges(Draft& draft) const;
  void ReadIps(Draft& draft) const;
  void ReadIp(Draft& draft, const std::string& field, std::string_view text) const;

  void GrantRanges();
  void GrantRange(Draft& draft, Family family);
  void KeepRange(Draft& draft, Family family);
  void ReserveRangesOfTheGone();
  void Allocate(Draft& draft);

  void GrantIps();
  void GrantIp(Draft& draft, Family family);

  VSwitchConfig Finish(Draft& draft) const;
  kube::Condition Accepted(const Draft& draft) const;

  const Facts& facts_;
  const Settings settings_;
  std::vector<Draft> drafts_;  // by name
  Ranges ranges_;
  std::map<Ip, std::string> ips_;  // and who has them
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
      draft.findings.push_back({"InvalidNode", problem});
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
      draft.Report("PodCIDRInvalid", field, range.error().message);
      continue;
    }
    auto& wish = draft.range_wish[FamilyOf(*range)];
    if (wish)
      draft.Report("PodCIDRInvalid", field,
                   fmt::format("{} is a second range of its family, {} is used; keep one IPv4 and "
                               "one IPv6 range",
                               *range, *wish));
    else
      wish = *range;
  }
}

void Planner::ReadIps(Draft& draft) const {
  const auto& annotations = draft.node->meta.annotations;
  if (const auto at = annotations.find(kOverlayIpAnnotation); at != annotations.end()) {
    draft.sources["overlayIPs"] = fmt::format("Node annotation {}", kOverlayIpAnnotation);
    const auto ips = ParseIps(at->second);
    draft.bad_ip = !ips;
    if (ips)
      draft.ip_wish = Split(*ips);
    else
      draft.Report("OverlayIPInvalid",
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
      draft.Report("OverlayIPInvalid", fmt::format("status.addresses[{}].address", i),
                   ip.error().message);
    else if (auto& wish = draft.ip_wish[FamilyOf(*ip)]; !wish)
      wish = *ip;
  }
}

void Planner::GrantRanges() {
  const auto each = [&](auto&& visit) {
    for (Draft& draft : drafts_)
      for (const Family family : kFamilies) visit(draft, family);
  };
  each([&](Draft& draft, Family family) {  // what stays as it is
    const auto& before = draft.range_before[family];
    if (before && (draft.range_wish[family] == before || !draft.own_ranges))
      KeepRange(draft, family);
  });
  each([&](Draft& draft, Family family) {  // what is new
    if (draft.range_wish[family] && !draft.range[family]) GrantRange(draft, family);
  });
  each([&](Draft& draft, Family family) {  // who was refused
    const bool wanted = draft.range_wish[family] || draft.bad_range;
    if (wanted && !draft.range[family]) KeepRange(draft, family);
  });
  ReserveRangesOfTheGone();
  for (Draft& draft : drafts_)
    if (!draft.own_ranges) Allocate(draft);
}

// Whether pods in that range are pods of the cluster.
bool InCluster(const Prefix& range, const std::vector<Prefix>& cluster) {
  return cluster.empty() ||
         std::ranges::any_of(cluster, [&](const Prefix& one) { return one.Contains(range); });
}

void Planner::KeepRange(Draft& draft, Family family) {
  const auto& before = draft.range_before[family];
  if (!before) return;
  const std::string& name = draft.node->meta.name;
  if (ranges_.Take(*before, name)) draft.range[family] = before;
  if (draft.range[family] && !InCluster(*before, settings_.cluster_cidrs))
    draft.Report(
        "PodCIDROutsideCluster", "spec.podCIDRs",
        fmt::format("{} is not within clusterCIDR {}, and stays in use; widen clusterCIDR, "
                    "or delete VSwitchConfig/{} for a new range",
                    *before, Join(settings_.cluster_cidrs), name));
}

void Planner::GrantRange(Draft& draft, Family family) {
  const Prefix& wish = *draft.range_wish[family];
  const std::string& name = draft.node->meta.name;
  if (!InCluster(wish, settings_.cluster_cidrs)) {
    draft.Report(
        "PodCIDROutsideCluster", "spec.podCIDRs",
        fmt::format("{} is not within clusterCIDR {}, and is refused; widen clusterCIDR or "
                    "give the node another range",
                    wish, Join(settings_.cluster_cidrs)));
  } else if (const auto* taken = ranges_.Overlapping(wish)) {
    draft.Report("PodCIDROverlap", "spec.podCIDRs",
                 fmt::format("{} overlaps {} of Node/{}, and is refused; give one of them another "
                             "range",
                             wish, taken->first, taken->second));
  } else {
    ranges_.Take(wish, name);
    draft.range[family] = wish;
  }
}

void Planner::ReserveRangesOfTheGone() {
  for (const auto& [name, config] : facts_.existing)
    if (!facts_.nodes.contains(name))
      for (const Prefix& range : config.spec.pod_cidrs) ranges_.Take(range, name);
}

void Planner::Allocate(Draft& draft) {
  if (settings_.cluster_cidrs.empty() && !draft.range[kFour] && !draft.range[kSix])
    return draft.Report("PodCIDRMissing", "spec.podCIDRs",
                        "the node has no pod range and there is no clusterCIDR to take one from; "
                        "set clusterCIDR in ConfigMap kube-system/k-vswitch");
  std::string full;
  for (const Family family : kFamilies) {
    const int bits = family == kSix ? kNodeBits6 : kNodeBits4;
    for (const Prefix& cluster : settings_.cluster_cidrs) {
      if (FamilyOf(cluster) != family || draft.range[family]) continue;
      if (cluster.length() <= bits)
        draft.range[family] = ranges_.TakeLowest(cluster, bits, draft.node->meta.name);
      if (!draft.range[family])
        full += fmt::format("{}{} has no free /{}", full.empty() ? "" : ", ", cluster, bits);
      else
        full.clear();
    }
    if (full.empty()) continue;
    draft.Report("PodCIDRsExhausted", "spec.podCIDRs",
                 fmt::format("clusterCIDR {}; add a range to clusterCIDR, or remove nodes", full));
    full.clear();
  }
}

void Planner::GrantIps() {
  for (const bool kept : {true, false})
    for (Draft& draft : drafts_)
      for (const Family family : kFamilies) {
        const auto& wish = draft.ip_wish[family];
        if (wish && (wish == draft.ip_before[family]) == kept) GrantIp(draft, family);
      }
  for (Draft& draft : drafts_) {
    const bool missing = !draft.ip_wish[kFour] && !draft.ip_wish[kSix];
    if (missing && !draft.bad_ip)
      draft.Report("OverlayIPMissing", "status.addresses",
                   fmt::format("the node has no address of type InternalIP; give it one, or the "
                               "annotation {}",
                               kOverlayIpAnnotation));
    for (const Family family : kFamilies) {
      const auto& before = draft.ip_before[family];
      const bool wanted = missing || draft.bad_ip || draft.ip_wish[family];
      if (wanted && before && !draft.ip[family] &&
          ips_.emplace(*before, draft.node->meta.name).second)
        draft.ip[family] = before;
    }
  }
}

void Planner::GrantIp(Draft& draft, Family family) {
  const Ip& wish = *draft.ip_wish[family];
  const auto [at, granted] = ips_.emplace(wish, draft.node->meta.name);
  if (granted)
    draft.ip[family] = wish;
  else
    draft.Report("OverlayIPDuplicate", "status.addresses",
                 fmt::format("{} is the overlay address of Node/{} already, and is refused; give "
                             "one of them another address",
                             wish, at->second));
}

template <class T>
std::vector<T> Listed(const PerFamily<T>& split, bool six_first) {
  std::vector<T> list;
  for (const Family family : {six_first ? kSix : kFour, six_first ? kFour : kSix})
    if (split[family]) list.push_back(*split[family]);
  return list;
}

// IPv6 comes first where the user wrote it first: the first entry is the singular field.
bool SixFirst(const std::vector<std::string>& texts) {
  return !texts.empty() && texts.front().find(':') != std::string::npos;
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
  VSwitchConfigSpec& spec = config.spec;
  const bool six_first = SixFirst(draft.node->pod_cidrs);
  spec.pod_cidrs = Listed(draft.range, six_first);
  spec.cluster_cidrs = settings_.cluster_cidrs;
  spec.service_cidrs = settings_.service_cidrs;
  spec.overlay_ips = Listed(draft.ip, six_first);
  spec.overlay_type = settings_.overlay_type;
  spec.sources = settings_.sources;
  if (!spec.pod_cidrs.empty()) spec.sources["podCIDRs"] = RangeSource(draft, spec.pod_cidrs);
  if (!spec.overlay_ips.empty()) spec.sources.merge(draft.sources);
  config.status.conditions = {Accepted(draft)};
  return config;
}

kube::Condition Planner::Accepted(const Draft& draft) const {
  std::vector<Finding> findings = draft.findings;
  for (const Problem& problem : settings_.problems)
    findings.push_back({"InvalidSettings", problem});
  for (const Problem& problem : facts_.problems)
    if (problem.object == fmt::format("ConfigMap/{}", kConfigMapKey))
      findings.push_back({"InvalidSettings", problem});

  kube::Condition condition{.type = std::string(VSwitchConfig::kAccepted),
                            .status = findings.empty() ? "True" : "False",
                            .last_transition_time = facts_.now,
                            .reason = findings.empty() ? "Accepted" : findings.front().reason};
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
