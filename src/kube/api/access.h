#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/api/exec_credential.h"

// The address of an API server, and our credentials there: from a kubeconfig file
// (kubernetes.io/docs/reference/config-api/kubeconfig.v1), or from the service account of a pod.
namespace kvs::kube {

// A given text, or a file with the text. The file may change: read it for each use.
struct Secret {
  std::string file;
  std::string text;  // if there is no file

  bool given() const { return !file.empty() || !text.empty(); }
  Result<std::string> Read() const;       // without line breaks at its end
  Result<std::string> ReadToken() const;  // an Error if no header can hold it
  friend bool operator==(const Secret&, const Secret&) = default;
};

struct Access {
  std::vector<std::string> servers;  // "https://10.0.0.1:6443", in the order to be tried
  std::string proxy;                 // URL (http, https, socks5); empty: as the environment says
  Secret ca;                         // PEM; not given: the system's authorities
  std::string tls_server_name;       // in the server's certificate, if it isn't the URL's host
  bool insecure = false;
  Secret certificate, key;  // PEM
  Secret token;
  std::optional<ExecPlugin> exec;

  friend bool operator==(const Access&, const Access&) = default;
};

// An empty `context` means the current one.
Result<Access> ReadKubeconfig(const std::string& path, const std::string& context = "");

// With the pod's service account. The servers are, in this order: those of the kubelet's
// kubeconfigs that exist (only their addresses are used), `known`, and KUBERNETES_SERVICE_HOST:PORT
// of the environment, which works only where Services do. Fails outside of a cluster.
Result<Access> ReadServiceAccount(const std::string& folder,
                                  const std::vector<std::string>& kubelet_configs,
                                  const std::vector<std::string>& known);

inline constexpr char kServiceAccountFolder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

}  // namespace kvs::kube
