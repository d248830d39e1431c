#include "kube/access.h"

#include <yaml-cpp/binary.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "kube/json_fields.h"
#include "kube/yaml.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

// A file named in a kubeconfig is relative to the folder of that.
std::string Absolute(const std::string& kubeconfig, const std::string& file) {
  return file.empty() ? "" : (std::filesystem::path(kubeconfig).parent_path() / file).string();
}

// The pair "name" and "name-data" of a kubeconfig; the data wins (client-go, clientcmd/api/v1).
Secret ReadSecret(const JsonFields& from, const std::string& kubeconfig, std::string_view name) {
  Secret secret;
  std::string data;
  from.Read({name}, secret.file);
  secret.file = Absolute(kubeconfig, secret.file);
  const std::string data_name = fmt::format("{}-data", name);
  from.Read({data_name}, data);
  if (data.empty()) return secret;
  const auto bytes = YAML::DecodeBase64(data);
  if (bytes.empty()) from.Report(data_name, "is not base64 (RFC 4648)");
  return {.text = std::string(bytes.begin(), bytes.end())};
}

std::optional<ExecPlugin> ReadExec(const JsonFields& user, const std::string& kubeconfig) {
  if (!user.Has({"exec"})) return std::nullopt;
  const JsonFields exec = user.Sub({"exec"});
  ExecPlugin plugin;
  std::vector<std::string> args;
  exec.Read({"apiVersion"}, plugin.api_version);
  std::string& command = plugin.argv.emplace_back();
  exec.Read({"command"}, command);
  if (command.empty()) exec.Report("command", "missing");
  if (command.find('/') != command.npos) command = Absolute(kubeconfig, command);  // not of PATH
  exec.Read({"args"}, args);
  plugin.argv.insert(plugin.argv.end(), args.begin(), args.end());
  exec.Each({"env"}, [&](const JsonFields& one) {
    std::string name, value;
    one.Read({"name"}, name);
    one.Read({"value"}, value);
    plugin.env.push_back(fmt::format("{}={}", name, value));
  });
  return plugin;
}

// As client-go (clientcmd/client_config.go). It is none of the findings' texts, for it may hold a
// password.
void ReadProxy(const JsonFields& cluster, std::string& proxy) {
  cluster.Read({"proxy-url"}, proxy);
  const size_t end = proxy.find("://");
  const std::string_view scheme = std::string_view(proxy).substr(0, end);
  const bool known = scheme == "http" || scheme == "https" || scheme == "socks5";
  if (!proxy.empty() && (end == proxy.npos || !known || proxy.size() == end + 3))
    cluster.Report("proxy-url", "is not an http, https or socks5 URL");
}

// Visits the entry of that name in one of the lists of a kubeconfig.
void FindNamed(const JsonFields& config, std::string_view list, std::string_view member,
               const std::string& name, const std::function<void(const JsonFields&)>& visit) {
  bool found = false;
  config.Each({list}, [&](const JsonFields& entry) {
    std::string its;
    entry.Read({"name"}, its);
    if (its != name || std::exchange(found, true)) return;
    visit(entry.Sub({member}));
  });
  if (!found) config.Report(list, fmt::format("none is named \"{}\"", name));
}

}  // namespace

Result<std::string> Secret::Read() const {
  if (file.empty()) return text;
  auto content = ReadFile(file);
  if (!content) return Wrap(file, content.error());
  while (content->ends_with('\n')) content->pop_back();
  return content;
}

Result<Access> ReadKubeconfig(const std::string& path, const std::string& context) {
  const auto text = ReadFile(path);
  if (!text) return Wrap("kubeconfig " + path, text.error());
  const Documents documents = ParseYaml(*text);
  if (documents.fault)
    return Fail("kubeconfig {}, line {}: {}", path, documents.fault->line,
                documents.fault->message);
  if (documents.all.size() != 1) return Fail("kubeconfig {}: is not one document", path);
  Findings findings{.object = "kubeconfig " + path};
  const JsonFields config(documents.all.front().value, findings);
  Access access;
  std::string chosen = context, cluster, user;
  if (chosen.empty()) config.Read({"current-context"}, chosen);
  FindNamed(config, "contexts", "context", chosen, [&](const JsonFields& one) {
    one.Read({"cluster"}, cluster);
    one.Read({"user"}, user);
  });
  FindNamed(config, "clusters", "cluster", cluster, [&](const JsonFields& one) {
    one.Read({"server"}, access.servers.emplace_back());
    access.ca = ReadSecret(one, path, "certificate-authority");
    one.Read({"tls-server-name"}, access.tls_server_name);
    one.Read({"insecure-skip-tls-verify"}, access.insecure);
    ReadProxy(one, access.proxy);
    std::string& server = access.servers.front();
    while (server.ends_with('/')) server.pop_back();
    if (!server.starts_with("https://") && !server.starts_with("http://"))
      one.Report("server", fmt::format("\"{}\" is not an http or https URL", server));
  });
  FindNamed(config, "users", "user", user, [&](const JsonFields& one) {
    access.certificate = ReadSecret(one, path, "client-certificate");
    access.key = ReadSecret(one, path, "client-key");
    one.Read({"token"}, access.token.text);
    one.Read({"tokenFile"}, access.token.file);
    access.token.file = Absolute(path, access.token.file);
    access.exec = ReadExec(one, path);
  });
  if (!findings.problems.empty()) return Fail("{}", findings.problems.front().ToString());
  return access;
}

Result<Access> ReadServiceAccount(const std::string& folder,
                                  const std::vector<std::string>& kubelet_configs,
                                  const std::vector<std::string>& known) {
  Access access{.ca = {.file = folder + "/ca.crt"}, .token = {.file = folder + "/token"}};
  if (const auto token = access.token.Read(); !token)
    return Fail("no service account: {}; outside of a cluster give --kubeconfig or --manifests",
                token.error().message);
  const auto add = [&](const std::string& server) {
    if (std::ranges::find(access.servers, server) == access.servers.end())
      access.servers.push_back(server);
  };
  for (const std::string& path : kubelet_configs)
    if (const auto config = ReadKubeconfig(path)) add(config->servers.front());
  for (const std::string& server : known) add(server);
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host != nullptr && port != nullptr) {
    const bool six = std::string_view(host).find(':') != std::string_view::npos;
    add(fmt::format("https://{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", port));
  }
  if (access.servers.empty())
    return Fail(
        "where the API server is can't be told: no kubelet's kubeconfig is readable and "
        "KUBERNETES_SERVICE_HOST is not set");
  return access;
}

}  // namespace kvs::kube
