#include "kube/folder/manifest_store.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/hash.h"
#include "kube/codec/json.h"

namespace kvs::kube {
namespace {

uint64_t HashOf(const boost::json::value& value) {
  return StableHash(boost::json::serialize(value));
}

// Sets what the API server would: uid, resourceVersion and generation.
void Stamp(Object& object) {
  ObjectMeta& meta = MetaOf(object);
  meta.resource_version.clear();
  meta.generation = 0;
  if (meta.uid.empty()) {
    const std::string name = RefOf(object).ToString();
    const uint64_t high = StableHash(name), low = StableHash(name, high);
    meta.uid = fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                           high & 0xffff, low >> 48, low & 0xffffffffffff);
  }
  const boost::json::value value = Encode(object);
  meta.resource_version = fmt::format("{}", HashOf(value));
  const auto* spec = value.get_object().if_contains("spec");
  meta.generation = static_cast<int64_t>(HashOf(spec ? *spec : nullptr) >> 33) + 1;
}

template <class T>
void Take(const T& from, T& into) {
  if (from != T{}) into = from;
}

bool OnlyStatus(const Object& object) {
  if (const auto* node = std::get_if<Node>(&object)) return node->pod_cidrs.empty();
  const auto* config = std::get_if<VSwitchConfig>(&object);
  return config && config->spec == VSwitchConfigSpec{};
}

void Merge(const VSwitchConfig& from, VSwitchConfig& into) {
  into.meta.labels = into.meta.labels.With(from.meta.labels);
  into.meta.annotations = into.meta.annotations.With(from.meta.annotations);
  Take(from.node_uid, into.node_uid);
  Take(from.spec.pod_cidrs, into.spec.pod_cidrs);
  Take(from.spec.cluster_cidrs, into.spec.cluster_cidrs);
  Take(from.spec.service_cidrs, into.spec.service_cidrs);
  Take(from.spec.overlay_ips, into.spec.overlay_ips);
  Take(from.spec.overlay_type, into.spec.overlay_type);
  Take(from.spec.metadata_access, into.spec.metadata_access);
  Take(from.spec.max_connections_per_pod, into.spec.max_connections_per_pod);
  for (const auto& [key, text] : from.spec.sources) into.spec.sources.insert_or_assign(key, text);
  for (const Condition& one : from.status.conditions) {
    auto& all = into.status.conditions;
    const auto at = std::ranges::find(all, one.type, &Condition::type);
    if (at == all.end())
      all.push_back(one);
    else
      *at = one;
  }
  Take(from.status.mtu, into.status.mtu);
  Take(from.status.pods, into.status.pods);
  Take(from.status.flows, into.status.flows);
  Take(from.status.datapath, into.status.datapath);
  Take(from.status.ovs_version, into.status.ovs_version);
  Take(from.status.agent_version, into.status.agent_version);
}

}  // namespace

void Merge(const Object& from, Object& into) {
  if (const auto* config = std::get_if<VSwitchConfig>(&from))
    Merge(*config, std::get<VSwitchConfig>(into));
  else if (const auto* node = std::get_if<Node>(&from))
    std::get<Node>(into).network_unavailable = node->network_unavailable;
  else
    into = from;
}

void ManifestStore::Put(const std::string& name, bool owned, Manifest manifest) {
  File& file = files_[name];
  const auto before = std::move(file.objects);
  file = {.owned = owned, .problems = std::move(manifest.problems)};
  for (auto& [object, line] : manifest.items) {
    const Ref ref = RefOf(object);
    const auto [at, is_first] = file.objects.try_emplace(ref, Located{std::move(object), line});
    if (!is_first)
      file.problems.push_back({ref.ToString(), "metadata.name",
                               fmt::format("defined at {0}:{1} and {0}:{2}; the first is used, "
                                           "remove the other",
                                           name, at->second.line, line)});
  }
  for (const auto& [ref, place] : before)
    if (!manifest.whole || manifest.bad.contains(ref)) file.objects.try_emplace(ref, place);
}

void ManifestStore::PutUnreadable(const std::string& name, const std::string& message) {
  files_[name].problems = {{name, "file", message}};
}

void ManifestStore::Remove(const std::string& name) { files_.erase(name); }

std::map<Ref, Object> ManifestStore::Objects(const std::set<Kind>& kinds) const {
  std::map<Ref, Object> all;
  for (const auto& [name, file] : files_)
    if (!file.owned)
      for (const auto& [ref, place] : file.objects)
        if (kinds.contains(ref.kind)) all.try_emplace(ref, place.object);
  // A status alone doesn't make an object, so files with more fields come first.
  for (const bool status : {false, true})
    for (const auto& [name, file] : files_)
      for (const auto& [ref, place] : file.objects) {
        if (!file.owned || !kinds.contains(ref.kind) || OnlyStatus(place.object) != status)
          continue;
        if (const auto at = all.find(ref); at != all.end())
          Merge(place.object, at->second);
        else if (!status)
          all.emplace(ref, place.object);
      }
  for (auto& [ref, object] : all) Stamp(object);
  return all;
}

std::vector<Problem> ManifestStore::Problems() const {
  std::vector<Problem> all;
  std::map<Ref, std::string> defined;
  for (const auto& [name, file] : files_) {
    all.insert(all.end(), file.problems.begin(), file.problems.end());
    if (file.owned) continue;
    for (const auto& [ref, place] : file.objects) {
      const std::string here = fmt::format("{}:{}", name, place.line);
      const auto [at, is_first] = defined.emplace(ref, here);
      if (!is_first)
        all.push_back({ref.ToString(), "metadata.name",
                       fmt::format("defined at {} and {}; the first is used, remove the other",
                                   at->second, here)});
    }
  }
  std::ranges::sort(all);
  return all;
}

std::string ManifestStore::DefinedBy(const Ref& ref) const {
  for (const auto& [name, file] : files_)
    if (!file.owned && file.objects.contains(ref)) return name;
  return {};
}

}  // namespace kvs::kube
