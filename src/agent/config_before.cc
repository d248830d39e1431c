#include "agent/config_before.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <vector>

#include "agent/cni_install.h"
#include "base/file.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Whose = ConfigBefore::Whose;

constexpr std::string_view kMultusShim = "multus-shim";  // of the thick plugin

std::string TextOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

const json::object* FirstOf(const json::object& object, std::string_view key) {
  const json::value* list = object.if_contains(key);
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return nullptr;
  return list->get_array().front().if_object();
}

// The first plugin of a configuration, which is one plugin or a list.
const json::object& PluginOf(const json::object& config) {
  const json::object* first = FirstOf(config, "plugins");
  return first != nullptr ? *first : config;
}

Whose WhoseIs(const json::object& config) {
  return TextOf(PluginOf(config), "type") == kCniPlugin ? Whose::kOurs : Whose::kAnothers;
}

bool IsMultus(const json::object& config) {
  const std::string type = TextOf(PluginOf(config), "type");
  return type == "multus" || type == kMultusShim;
}

std::optional<json::object> ReadConfig(const Options& options, const std::string& file) {
  const auto text = ReadFile(options.cni_conf_dir + "/" + file);
  if (!text) return std::nullopt;
  json::error_code error;
  json::value value = json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// Names of files, in the order in which a runtime reads them.
std::vector<std::string> ConfigsIn(const Options& options) {
  auto names = NamesIn(options.cni_conf_dir).value_or(std::vector<std::string>());
  std::erase_if(names, [](const std::string& name) {
    const std::string extension = fs::path(name).extension();
    return extension != ".conf" && extension != ".conflist" && extension != ".json";
  });
  return names;
}

// Multus may see the folder under another path (/host/etc/cni/net.d): only the file name counts.
Whose WhoseIs(const Options& options, const std::string& cluster_network) {
  const std::string ours = fs::path(CniConfigFile(options)).filename();
  const bool is_path = cluster_network.find('/') != cluster_network.npos;
  const std::string wanted = fs::path(cluster_network).filename();
  if (is_path ? wanted == ours : wanted == kCniNetwork) return Whose::kOurs;
  for (const std::string& name : ConfigsIn(options)) {
    if (is_path && name != wanted) continue;
    const auto config = ReadConfig(options, name);
    if (!config || IsMultus(*config)) continue;
    if (is_path || TextOf(*config, "name") == wanted) return WhoseIs(*config);
  }
  return Whose::kNotKnown;
}

}  // namespace

std::optional<Problem> ConfigBefore::ToProblem() const {
  if (file.empty() || (multus && whose != Whose::kAnothers)) return std::nullopt;
  const auto say = [](std::string message) {
    return Problem{"CNI", "configuration", std::move(message), "OtherConfigurationFirst"};
  };
  if (!multus)
    return say(
        fmt::format("{} takes precedence over {}; new pods won't use k-vswitch; remove it from "
                    "/etc/cni/net.d of this node",
                    file, kCniConfig));
  return say(
      fmt::format("{} (Multus) takes precedence over {} and delegates to {}; new pods won't use "
                  "k-vswitch; set \"clusterNetwork\": \"{}\" in it (docs/install.md, Multus)",
                  file, kCniConfig, delegate.empty() ? "no network" : delegate, kCniNetwork));
}

std::string ConfigBefore::ToNote() const {
  if (!multus || whose == Whose::kAnothers) return "";
  if (delegate.empty())
    return fmt::format("Multus ({}) delegates to the network in its daemon's configuration", file);
  std::string note = fmt::format("Multus ({}) delegates to {}", file, delegate);
  if (whose == Whose::kNotKnown)
    note += fmt::format(", a NetworkAttachmentDefinition; its type must be {}", kCniPlugin);
  return note;
}

ConfigBefore FindConfigBefore(const Options& options) {
  if (options.cni_conf_dir.empty()) return {};
  const auto names = ConfigsIn(options);
  if (names.empty() || names.front() >= fs::path(CniConfigFile(options)).filename()) return {};
  ConfigBefore before{.file = names.front(), .delegate = ""};
  const auto config = ReadConfig(options, before.file);
  if (!config || !IsMultus(*config)) return before;
  before.multus = true;
  const json::object& plugin = PluginOf(*config);
  before.delegate = TextOf(plugin, "clusterNetwork");
  if (!before.delegate.empty()) {
    before.whose = WhoseIs(options, before.delegate);
  } else if (const json::object* first = FirstOf(plugin, "delegates"); first != nullptr) {
    before.whose = WhoseIs(*first);
    before.delegate = TextOf(*first, "name");
    if (before.delegate.empty()) before.delegate = TextOf(PluginOf(*first), "type");
  } else if (TextOf(plugin, "type") == kMultusShim) {
    before.whose = Whose::kNotKnown;
  }
  return before;
}

}  // namespace kvs::agent
