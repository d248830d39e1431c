#include "controller/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "base/usable.h"
#include "controller/refusal.h"

namespace kvs::controller {
namespace {

using kube::VSwitchConfig;
using kube::VSwitchConfigSpec;

// Parses one of `choices`.
template <class T>
std::function<Result<T>(std::string_view)> ParseWord(std::optional<T> (*find)(std::string_view),
                                                     std::string_view choices) {
  return [=](std::string_view text) -> Result<T> {
    if (const auto value = find(text)) return *value;
    return Fail("\"{}\" is unknown; use {}", text, choices);
  };
}

Result<int64_t> ParseConnections(std::string_view text) {
  int64_t number = -1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0 ||
      number > kube::kMostConnections)
    return Fail("\"{}\" is not a number of connections; use a whole number from 0 (no limit) to {}",
                text, kube::kMostConnections);
  return number;
}

template <class T>
std::function<bool(const VSwitchConfigSpec&, T&)> TakeFrom(
    std::optional<T> VSwitchConfigSpec::*field) {
  return [=](const VSwitchConfigSpec& spec, T& to) {
    to = (spec.*field).value_or(to);
    return (spec.*field).has_value();
  };
}

using Prefixes = std::vector<Prefix>;

Result<Prefixes> ParseUsable(std::string_view text) {
  auto parsed = ParsePrefixes(text);
  if (!parsed) return parsed;
  for (const Prefix& range : *parsed)
    if (const std::string why = WhyNoPodRange(range); !why.empty()) return Fail("{}", why);
  return parsed;
}

// A list of ranges, which must not conflict with what is in use.
struct RangeSetting {
  std::string_view key, source, flag;
  const Prefixes& by_flag;
  Prefixes VSwitchConfigSpec::*field;
  std::function<std::string(const Prefixes&, bool are_new)> objection;
  Prefixes& value;

  bool in_map = false;  // asked for by the ConfigMap, else by the flag
  // The value to keep if that is refused.
  Prefixes before = {};
  std::string before_source = {};

  bool is_new() const { return value != before; }
};

class Resolver {
 public:
  Resolver(const kube::ConfigMap* map, const std::map<std::string, VSwitchConfig>& existing,
           Settings& settings)
      : map_(map), existing_(existing), settings_(settings) {}

  // Sets one value, by its key in the ConfigMap and its name among the sources. `last` takes it
  // from an existing configuration; false: that has none.
  template <class T>
  void Set(std::string_view key, const std::string& source,
           const std::function<Result<T>(std::string_view)>& parse,
           const std::function<bool(const VSwitchConfigSpec&, T&)>& last, T& value) {
    keys_.emplace_back(key);
    const std::string* text = Find(key);
    if (!text) return;
    const auto parsed = parse(*text);
    if (parsed) {
      value = *parsed;
      settings_.sources[source] = fmt::format("ConfigMap {} {}", kConfigMapKey, key);
      return;
    }
    const char* kept = "there is no earlier value";
    for (const auto& [name, config] : existing_) {
      if (!last(config.spec, value)) continue;
      kept = "the last valid value is used";
      if (const auto at = config.spec.sources.find(source); at != config.spec.sources.end())
        settings_.sources[source] = at->second;
      break;
    }
    settings_.problems.push_back({fmt::format("ConfigMap/{}", kConfigMapKey),
                                  fmt::format("data.{}", key),
                                  fmt::format("{}; {}", parsed.error().message, kept)});
  }

  // Sets a list of ranges to the requested value, if there is no objection.
  void Set(RangeSetting& setting) {
    keys_.emplace_back(setting.key);
    FindBefore(setting);
    Take(setting, setting.by_flag, fmt::format("flag {}", setting.flag));
    if (const std::string* text = Find(setting.key)) {
      setting.in_map = true;
      const auto parsed = ParseUsable(*text);
      if (!parsed) return Refuse(setting, parsed.error().message);
      Take(setting, *parsed, fmt::format("ConfigMap {} {}", kConfigMapKey, setting.key));
    }
    const std::string why = setting.objection(setting.value, setting.is_new());
    if (!why.empty()) Refuse(setting, why);
  }

  // Of two that overlap, the newer is refused; both, if they are new.
  void KeepApart(RangeSetting& services, RangeSetting& pods) {
    const std::string why = Overlap(pods.value, services.value);
    if (why.empty()) return;
    const bool new_pods = pods.is_new();
    if (services.is_new() || !new_pods) Refuse(services, why);
    if (new_pods) Refuse(pods, why);
  }

  // Called last: reports keys of the ConfigMap that are not settings.
  void ReportOthers() const {
    if (!map_) return;
    for (const auto& [key, value] : map_->data)
      if (std::ranges::count(keys_, key) == 0)
        settings_.problems.push_back(
            {fmt::format("ConfigMap/{}", kConfigMapKey), "data." + key,
             fmt::format("is not a setting; use {}", fmt::join(keys_, ", "))});
  }

 private:
  void Take(RangeSetting& setting, const Prefixes& ranges, const std::string& source) {
    setting.value = ranges;
    settings_.sources.erase(std::string(setting.source));
    if (!ranges.empty()) settings_.sources.emplace(setting.source, source);
  }

  // The last valid value; else the flag's, if that is valid.
  void FindBefore(RangeSetting& setting) const {
    for (const auto& [name, config] : existing_) {
      setting.before = config.spec.*setting.field;
      if (setting.before.empty()) continue;
      const auto at = config.spec.sources.find(std::string(setting.source));
      if (at != config.spec.sources.end()) setting.before_source = at->second;
      return;
    }
    if (!setting.objection(setting.by_flag, true).empty()) return;
    setting.before = setting.by_flag;
    setting.before_source = fmt::format("flag {}", setting.flag);
  }

  void Refuse(RangeSetting& setting, const std::string& why) {
    Take(setting, setting.before, setting.before_source);
    settings_.problems.push_back(
        {setting.in_map ? fmt::format("ConfigMap/{}", kConfigMapKey) : "k-vswitch-controller",
         setting.in_map ? fmt::format("data.{}", setting.key) : std::string(setting.flag),
         fmt::format("{}; {}", why,
                     setting.before.empty() ? "there is no earlier value"
                                            : "the last valid value is used")});
  }

  // A key without a value counts as absent.
  const std::string* Find(std::string_view key) const {
    if (!map_) return nullptr;
    const auto at = map_->data.find(key);
    return at == map_->data.end() || at->second.empty() ? nullptr : &at->second;
  }

  const kube::ConfigMap* map_;
  const std::map<std::string, VSwitchConfig>& existing_;
  Settings& settings_;
  std::vector<std::string> keys_;
};

void SetRanges(const Flags& flags, const std::map<std::string, VSwitchConfig>& existing,
               const std::vector<TakenAddress>& addresses, Resolver& resolver, Settings& settings) {
  NodeRanges in_use;
  for (const auto& [name, config] : existing)
    for (const Prefix& range : config.spec.pod_cidrs) in_use.emplace_back(range, name);
  const auto against_services = [&](const Prefixes& ranges, bool are_new) {
    return WhyNoServices(ranges, are_new, addresses, in_use);
  };
  const auto against_pods = [&](const Prefixes& ranges, bool are_new) {
    return are_new ? WhyNotPods(ranges, addresses) : std::string();
  };
  RangeSetting services{.key = "serviceCIDR",
                        .source = "serviceCIDRs",
                        .flag = "--service-cidr",
                        .by_flag = flags.service_cidrs,
                        .field = &VSwitchConfigSpec::service_cidrs,
                        .objection = against_services,
                        .value = settings.service_cidrs};
  RangeSetting pods{.key = "clusterCIDR",
                    .source = "clusterCIDRs",
                    .flag = "--cluster-cidr",
                    .by_flag = flags.cluster_cidrs,
                    .field = &VSwitchConfigSpec::cluster_cidrs,
                    .objection = against_pods,
                    .value = settings.cluster_cidrs};
  resolver.Set(services);
  resolver.Set(pods);
  resolver.KeepApart(services, pods);
}

}  // namespace

std::string Overlap(const Prefixes& cluster_cidrs, const Prefixes& service_cidrs) {
  for (const Prefix& pods : cluster_cidrs)
    for (const Prefix& services : service_cidrs)
      if (pods.Overlaps(services))
        return fmt::format("{} for pods overlaps {} for Services; choose ranges that don't overlap",
                           pods, services);
  return {};
}

Settings Resolve(const Flags& flags, const kube::ConfigMap* map,
                 const std::map<std::string, VSwitchConfig>& existing,
                 const std::vector<TakenAddress>& addresses) {
  Settings settings{.overlay_type = flags.overlay_type};
  settings.sources["overlayType"] = flags.overlay_type_given ? "flag --overlay-type" : "default";
  settings.sources["metadataAccess"] = "default";
  settings.sources["maxConnectionsPerPod"] = "default";

  Resolver resolver(map, existing, settings);
  SetRanges(flags, existing, addresses, resolver, settings);
  resolver.Set<kube::OverlayType>(
      "overlayType", "overlayType", ParseWord(kube::FindOverlayType, kube::kOverlayTypes),
      TakeFrom(&VSwitchConfigSpec::overlay_type), settings.overlay_type);
  resolver.Set<kube::MetadataAccess>("metadataAccess", "metadataAccess",
                                     ParseWord(kube::FindMetadataAccess, kube::kMetadataAccesses),
                                     TakeFrom(&VSwitchConfigSpec::metadata_access),
                                     settings.metadata_access);
  resolver.Set<int64_t>("maxConnectionsPerPod", "maxConnectionsPerPod", ParseConnections,
                        TakeFrom(&VSwitchConfigSpec::max_connections_per_pod),
                        settings.max_connections_per_pod);
  resolver.ReportOthers();
  return settings;
}

}  // namespace kvs::controller
