#include "kube/object/objects.h"

#include <algorithm>
#include <utility>

namespace kvs::kube {
namespace {

struct KindFacts {
  std::string_view name;
  std::string_view api_version;
  bool namespaced;
};

// In the order of Kind.
constexpr KindFacts kKinds[] = {
    {"Node", "v1", false},
    {"Namespace", "v1", false},
    {"Pod", "v1", true},
    {"ConfigMap", "v1", true},
    {"VSwitchConfig", "kvswitch.io/v1alpha1", false},
};

// In the order of OverlayType.
constexpr std::string_view kOverlayNames[] = {"auto", "vxlan", "gre", "geneve", "none"};
// In the order of MetadataAccess.
constexpr std::string_view kMetadataNames[] = {"allow", "deny"};

template <class T, size_t kCount>
std::optional<T> FindIn(const std::string_view (&names)[kCount], std::string_view name) {
  const auto* at = std::ranges::find(names, name);
  if (at == std::end(names)) return std::nullopt;
  return static_cast<T>(at - std::begin(names));
}

const KindFacts& FactsOf(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

}  // namespace

std::string_view Name(Kind kind) { return FactsOf(kind).name; }
std::string_view ApiVersion(Kind kind) { return FactsOf(kind).api_version; }
bool Namespaced(Kind kind) { return FactsOf(kind).namespaced; }

std::optional<Kind> FindKind(std::string_view api_version, std::string_view name) {
  for (const Kind kind : kAllKinds)
    if (Name(kind) == name && ApiVersion(kind) == api_version) return kind;
  return std::nullopt;
}

std::string_view Name(OverlayType type) { return kOverlayNames[static_cast<size_t>(type)]; }

std::optional<OverlayType> FindOverlayType(std::string_view name) {
  return FindIn<OverlayType>(kOverlayNames, name);
}

std::string_view Name(MetadataAccess access) { return kMetadataNames[static_cast<size_t>(access)]; }

std::optional<MetadataAccess> FindMetadataAccess(std::string_view name) {
  return FindIn<MetadataAccess>(kMetadataNames, name);
}

Kind KindOf(const Object& object) { return static_cast<Kind>(object.index()); }

const ObjectMeta& MetaOf(const Object& object) {
  return std::visit([](const auto& value) -> const ObjectMeta& { return value.meta; }, object);
}

ObjectMeta& MetaOf(Object& object) {
  return const_cast<ObjectMeta&>(MetaOf(std::as_const(object)));
}

std::string Ref::ToString() const { return fmt::format("{}/{}", Name(kind), key); }
size_t HashPorts::operator()(const std::vector<ContainerPort>& ports) const {
  size_t hash = 0;
  for (const ContainerPort& one : ports)
    hash = hash * 31 + std::hash<std::string>()(one.name) + one.port;
  return hash;
}

Ref RefOf(const Object& object) { return {KindOf(object), MetaOf(object).key()}; }

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto at = std::ranges::find(conditions, type, &Condition::type);
  return at == conditions.end() ? nullptr : &*at;
}

}  // namespace kvs::kube
