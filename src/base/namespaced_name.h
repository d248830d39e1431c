#pragma once

#include <fmt/format.h>

#include <compare>
#include <string>
#include <string_view>

namespace kvs {

// The name of a namespaced object of Kubernetes, as NamespacedName of apimachinery.
struct NamespacedName {
  std::string ns;
  std::string name;

  // "shop/web-0", split at the first "/". Text without one is a name without a namespace.
  static NamespacedName Parse(std::string_view text) {
    const size_t slash = text.find('/');
    if (slash == text.npos) return {"", std::string(text)};
    return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  }
  std::string ToString() const { return ns.empty() ? name : ns + "/" + name; }

  bool empty() const { return ns.empty() && name.empty(); }
  friend auto operator<=>(const NamespacedName&, const NamespacedName&) = default;
};

}  // namespace kvs

template <>
struct fmt::formatter<kvs::NamespacedName> : fmt::formatter<std::string_view> {
  auto format(const kvs::NamespacedName& name, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(name.ToString(), context);
  }
};
