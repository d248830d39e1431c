#include "lab/machine/cni_runner.h"

#include <boost/json.hpp>
#include <filesystem>
#include <vector>

#include "base/file.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr char kDebianPlugins[] = "/usr/lib/cni";
constexpr char kUsualPlugins[] = "/opt/cni/bin";

// One plugin to run: what goes to its standard input, less the result of the one before.
struct Plugin {
  std::string type;
  json::object config;
};

Result<std::vector<Plugin>> Configured(const Node& node) {
  const auto path = node.CniConfig();
  if (path.empty()) return Fail("{}: no CNI configuration in {}", node.name(), node.cni_conf_dir());
  const auto text = ReadFile(path);
  if (!text) return Wrap(path, text.error());
  boost::system::error_code error;
  const auto list = json::parse(*text, error);
  const auto* fields = error ? nullptr : list.if_object();
  const auto* plugins = fields ? fields->if_contains("plugins") : nullptr;
  if (!plugins || !plugins->is_array() || !fields->contains("name") ||
      !fields->contains("cniVersion"))
    return Fail("{}: no CNI configuration list", path);
  std::vector<Plugin> configured;
  for (const auto& plugin : plugins->get_array()) {
    const auto* config = plugin.if_object();
    const auto* type = config ? config->if_contains("type") : nullptr;
    if (!type || !type->is_string()) return Fail("{}: a plugin without type", path);
    configured.push_back({std::string(type->get_string()), *config});
    configured.back().config["name"] = fields->at("name");
    configured.back().config["cniVersion"] = fields->at("cniVersion");
    configured.back().config.erase("capabilities");
  }
  return configured;
}

Result<std::string> FindPlugin(const Node& node, const std::string& type) {
  for (const fs::path& folder :
       {fs::path(node.cni_bin_dir()), fs::path(kDebianPlugins), fs::path(kUsualPlugins)})
    if (const auto path = folder / type; Exists(path)) return path.string();
  return Fail("CNI plugin {}: not in {}, {} or {}", type, node.cni_bin_dir(), kDebianPlugins,
              kUsualPlugins);
}

// Returns the plugin's output. `previous`: the result so far; empty: none.
Result<std::string> RunPlugin(const Node& node, const CniAttachment& attachment,
                              const std::string& operation, Plugin plugin,
                              const std::string& previous) {
  const auto path = FindPlugin(node, plugin.type);
  if (!path) return tl::unexpected<Error>(path.error());
  std::error_code error;
  if (!previous.empty()) plugin.config["prevResult"] = json::parse(previous, error);
  exec::Command command = node.Here({*path});
  command.env = {"CNI_COMMAND=" + operation,
                 "CNI_CONTAINERID=" + attachment.container,
                 "CNI_NETNS=" + attachment.netns,
                 "CNI_IFNAME=" + attachment.ifname,
                 "CNI_PATH=" + node.cni_bin_dir() + ":" + kDebianPlugins + ":" + kUsualPlugins,
                 fmt::format("CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE={};K8S_POD_NAME={};"
                             "K8S_POD_INFRA_CONTAINER_ID={};K8S_POD_UID={}",
                             attachment.ns, attachment.pod, attachment.container, attachment.uid)};
  command.input = json::serialize(plugin.config);
  auto output = exec::RunToEnd(command, std::chrono::seconds(30));
  if (!output) return tl::unexpected<Error>(output.error());
  if (output->exit_code != 0) {
    return Fail("{} {} of pod {}/{} on {}: {}{}", plugin.type, operation, attachment.ns,
                attachment.pod, node.name(), output->out, output->err);
  }
  return std::move(output->out);
}

}  // namespace

Result<std::string> CniAdd(const Node& node, const CniAttachment& attachment) {
  const auto plugins = Configured(node);
  if (!plugins) return tl::unexpected<Error>(plugins.error());
  std::string result;
  for (const auto& plugin : *plugins) {
    auto next = RunPlugin(node, attachment, "ADD", plugin, result);
    if (!next) {
      static_cast<void>(CniDelete(node, attachment, result));  // the first error is the one to tell
      return next;
    }
    result = std::move(*next);
  }
  return result;
}

Result<> CniCheck(const Node& node, const CniAttachment& attachment, const std::string& result) {
  const auto plugins = Configured(node);
  if (!plugins) return tl::unexpected<Error>(plugins.error());
  for (const auto& plugin : *plugins) {
    if (auto done = RunPlugin(node, attachment, "CHECK", plugin, result); !done)
      return tl::unexpected<Error>(done.error());
  }
  return {};
}

Result<> CniDelete(const Node& node, const CniAttachment& attachment, const std::string& result) {
  auto plugins = Configured(node);
  if (!plugins) return tl::unexpected<Error>(plugins.error());
  std::reverse(plugins->begin(), plugins->end());
  for (const auto& plugin : *plugins) {
    if (auto done = RunPlugin(node, attachment, "DEL", plugin, result); !done)
      return tl::unexpected<Error>(done.error());
  }
  return {};
}

}  // namespace kvs::lab
