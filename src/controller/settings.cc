#include "controller/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "base/usable.h"

namespace kvs::controller {
namespace {

using kube::VSwitchConfig;
using kube::VSwitchConfigSpec;

// One of a few words, `choices`.
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
    return Fail("\"{}\" is no number of connections; use a whole number from 0 (no bound) to {}",
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
      kept = "the last good value stays";
      if (const auto at = config.spec.sources.find(source); at != config.spec.sources.end())
        settings_.sources[source] = at->second;
      break;
    }
    settings_.problems.push_back({fmt::format("ConfigMap/{}", kConfigMapKey),
                                  fmt::format("data.{}", key),
                                  fmt::format("{}; {}", parsed.error().message, kept)});
  }

  // Last: keys of the ConfigMap that nothing was set by.
  void ReportOthers() const {
    if (!map_) return;
    for (const auto& [key, value] : map_->data)
      if (std::ranges::count(keys_, key) == 0)
        settings_.problems.push_back(
            {fmt::format("ConfigMap/{}", kConfigMapKey), "data." + key,
             fmt::format("is no setting; use {}", fmt::join(keys_, ", "))});
  }

 private:
  // A key without a value is as good as absent.
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

using Prefixes = std::vector<Prefix>;

Result<Prefixes> ParseUsable(std::string_view text) {
  auto parsed = ParsePrefixes(text);
  if (!parsed) return parsed;
  for (const Prefix& range : *parsed)
    if (const std::string why = WhyNoPodRange(range); !why.empty()) return Fail("{}", why);
  return parsed;
}

bool TakeList(const Prefixes& from, Prefixes& into) {
  if (!from.empty()) into = from;
  return !from.empty();
}

}  // namespace

std::string Overlap(const Prefixes& cluster_cidrs, const Prefixes& service_cidrs) {
  for (const Prefix& pods : cluster_cidrs)
    for (const Prefix& services : service_cidrs)
      if (pods.Overlaps(services))
        return fmt::format("{} of pods overlaps {} of Services; choose ranges apart", pods,
                           services);
  return {};
}

Settings Resolve(const Flags& flags, const kube::ConfigMap* map,
                 const std::map<std::string, VSwitchConfig>& existing) {
  Settings settings{.cluster_cidrs = flags.cluster_cidrs,
                    .service_cidrs = flags.service_cidrs,
                    .overlay_type = flags.overlay_type};
  if (!flags.cluster_cidrs.empty()) settings.sources["clusterCIDRs"] = "flag --cluster-cidr";
  if (!flags.service_cidrs.empty()) settings.sources["serviceCIDRs"] = "flag --service-cidr";
  settings.sources["overlayType"] = flags.overlay_type_given ? "flag --overlay-type" : "default";
  settings.sources["metadataAccess"] = "default";
  settings.sources["maxConnectionsPerPod"] = "default";

  Resolver resolver(map, existing, settings);
  resolver.Set<Prefixes>(
      "serviceCIDR", "serviceCIDRs", ParseUsable,
      [](const VSwitchConfigSpec& spec, Prefixes& to) { return TakeList(spec.service_cidrs, to); },
      settings.service_cidrs);
  const auto parse_apart = [&](std::string_view text) -> Result<Prefixes> {
    auto parsed = ParseUsable(text);
    if (!parsed) return parsed;
    const std::string overlap = Overlap(*parsed, settings.service_cidrs);
    if (!overlap.empty()) return Fail("{}", overlap);
    return parsed;
  };
  resolver.Set<Prefixes>(
      "clusterCIDR", "clusterCIDRs", parse_apart,
      [](const VSwitchConfigSpec& spec, Prefixes& to) { return TakeList(spec.cluster_cidrs, to); },
      settings.cluster_cidrs);
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
