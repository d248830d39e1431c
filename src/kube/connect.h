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

// Where the program's objects are, by its flags.
struct ConnectOptions {
  std::string manifests;   // a folder that stands for the API server
  std::string kubeconfig;  // or this; neither: the service account of the pod
  // Kubeconfigs of the kubelet, with the API server's address; a node has one of them.
  std::vector<std::string> kubelet_configs = {"/etc/kubernetes/kubelet.conf",
                                              "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
                                              "/var/lib/rancher/rke2/agent/kubelet.kubeconfig"};
  std::string state_dir;  // stores the last known objects for when no API server answers; "": no

  // Where the API servers' addresses are stored; empty: nowhere.
  std::string api_servers_file() const {
    return state_dir.empty() ? "" : state_dir + "/api-servers";
  }
};

struct Connection {
  std::unique_ptr<ApiClient> client;  // null: a folder
  std::unique_ptr<ApiServers> servers;
  std::unique_ptr<Source> source;
};

// Fails for anything that can't repair itself: a folder or file that can't be read.
Result<Connection> Connect(io::Loop& loop, const ConnectOptions& where,
                           std::map<Kind, Scope> scopes);

}  // namespace kvs::kube
