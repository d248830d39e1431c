#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kube/api/api_client.h"
#include "kube/api/api_servers.h"
#include "kube/api/api_source.h"
#include "kube/source/source.h"

namespace kvs::kube {

// What a program's flags say about where its objects are.
struct ConnectOptions {
  std::string manifests;   // a folder that stands for the API server
  std::string kubeconfig;  // or this; neither: the service account of the pod
  // The kubelet's, of which there is one on a node: where the API server is.
  std::vector<std::string> kubelet_configs = {"/etc/kubernetes/kubelet.conf",
                                              "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
                                              "/var/lib/rancher/rke2/agent/kubelet.kubeconfig"};
  std::string state_dir;  // keeps what was known, for when no API server answers; empty: nothing

  // Keeps where the API servers are; empty: kept nowhere.
  std::string api_servers_file() const {
    return state_dir.empty() ? "" : state_dir + "/api-servers";
  }
};

struct Connection {
  std::unique_ptr<ApiClient> client;  // null: a folder
  std::unique_ptr<ApiServers> servers;
  std::unique_ptr<Source> source;
};

// Fails for what can't become right by itself: a folder or file that can't be read.
Result<Connection> Connect(io::Loop& loop, const ConnectOptions& where,
                           std::map<Kind, Scope> scopes);

}  // namespace kvs::kube
