#include "kube/api/access.h"

#include <yaml-cpp/binary.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "kube/codec/json_fields.h"
#include "kube/codec/yaml.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

// A file in a kubeconfig is relative to the kubeconfig's folder.
std::string Absolute(const std::string& kubeconfig, const std::string& file) {
  return file.empty() ? "" : (std::filesystem::path(kubeconfig).parent_path() / file).string();
}

// The pair "name" and "name-data" of a kubeconfig; the data has precedence (client-go,
// clientcmd/api/v1).
Secret ReadSecret(const JsonFields& from, const std::string& kubeconfig, std::string_view name) {
  Secret secret;
  std::string data;
  from.Read({name}, secret.file);
  secret.file = Absolute(kubeconfig, secret.file);
  const std::string data_name = fmt::format("{}-data", name);
  from.ReadSecret({data_name}, data);
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
    one.ReadSecret({"value"}, value);
    plugin.env.push_back(fmt::format("{}={}", name, value));
  });
  return plugin;
}

// Why a URL can't be an API server's; "" if it can. The URL is not repeated, because it may contain
// a password.
std::string WhyNoServer(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return "is not an http or https URL";
  const std::string_view place = url.substr(url.find("://") + 3);
  const bool odd = std::ranges::any_of(
      place, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '\\'; });
  if (odd) return "contains a blank, a backslash or a control character";
  if (place.find_first_of("?#") != place.npos)
    return "has a query or fragment; give scheme, host, port and path";
  if (place.substr(0, place.find('/')).find('@') != place.npos)
    return "contains a user or password; use a token, a certificate or a credential plugin";
  return "";
}

void ReadServer(const JsonFields& cluster, std::string& server) {
  cluster.ReadSecret({"server"}, server);
  while (server.ends_with('/')) server.pop_back();
  if (const std::string why = WhyNoServer(server); !why.empty()) cluster.Report("server", why);
}

void ReadToken(const JsonFields& user, const std::string& kubeconfig, Secret& token) {
  user.ReadSecret({"token"}, token.text);
  if (const std::string why = WhyNoToken(token.text); !why.empty()) user.Report("token", why);
  user.Read({"tokenFile"}, token.file);
  token.file = Absolute(kubeconfig, token.file);
}

// As client-go (clientcmd/client_config.go). It is not in the findings' texts, because it may
// contain a password.
void ReadProxy(const JsonFields& cluster, std::string& proxy) {
  cluster.ReadSecret({"proxy-url"}, proxy);
  const size_t end = proxy.find("://");
  const std::string_view scheme = std::string_view(proxy).substr(0, end);
  const bool known = scheme == "http" || scheme == "https" || scheme == "socks5";
  if (!proxy.empty() && (end == proxy.npos || !known || proxy.size() == end + 3))
    cluster.Report("proxy-url", "is not an http, https or socks5 URL");
  const size_t place_end = end == proxy.npos ? end : proxy.find_first_of("/?#", end + 3);
  if (place_end != proxy.npos && proxy.find('@', place_end) != proxy.npos)
    cluster.Report("proxy-url", "has a user or password that is not percent-encoded (RFC 3986)");
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
  while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
  return content;
}

Result<std::string> Secret::ReadToken() const {
  auto token = Read();
  if (!token) return token;
  if (const std::string why = WhyNoToken(*token); !why.empty())
    return Fail("{}: the token {}", file.empty() ? "kubeconfig" : file, why);
  return token;
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
    ReadServer(one, access.servers.emplace_back());
    access.ca = ReadSecret(one, path, "certificate-authority");
    one.Read({"tls-server-name"}, access.tls_server_name);
    one.Read({"insecure-skip-tls-verify"}, access.insecure);
    ReadProxy(one, access.proxy);
  });
  FindNamed(config, "users", "user", user, [&](const JsonFields& one) {
    access.certificate = ReadSecret(one, path, "client-certificate");
    access.key = ReadSecret(one, path, "client-key");
    ReadToken(one, path, access.token);
    access.exec = ReadExec(one, path);
  });
  if (!findings.problems.empty()) return Fail("{}", findings.problems.front().ToString());
  return access;
}

Result<Access> ReadServiceAccount(const std::string& folder,
                                  const std::vector<std::string>& kubelet_configs,
                                  const std::vector<std::string>& known) {
  Access access{.ca = {.file = folder + "/ca.crt"}, .token = {.file = folder + "/token"}};
  const auto token = access.token.ReadToken();
  if (!token && token.error().code == ENOENT)
    return Fail("no service account: {}; outside of a cluster give --kubeconfig or --manifests",
                token.error().message);
  if (!token) return Wrap("service account", token.error());
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
    const auto url = fmt::format("https://{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", port);
    if (const std::string why = WhyNoServer(url); !why.empty())
      return Fail("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: the URL of them {}", why);
    add(url);
  }
  if (access.servers.empty())
    return Fail(
        "the API server's address is unknown: no kubelet's kubeconfig is readable and "
        "KUBERNETES_SERVICE_HOST is not set");
  return access;
}

}  // namespace kvs::kube
