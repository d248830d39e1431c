#pragma once

#include <CLI/CLI.hpp>

#include "kube/connect.h"

namespace kvs::kube {

// Declares the flags by which agent and controller find Kubernetes' objects.
inline void DeclareFlags(CLI::App& app, ConnectOptions& where) {
  app.add_option("--kubeconfig", where.kubeconfig,
                 "how to reach the API server (default: the pod's service account)");
  app.add_option("--kubelet-config", where.kubelet_configs,
                 "kubeconfigs of the kubelet, for the API server's address, by comma")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--manifests", where.manifests,
                 "folder of manifests that stands for the API server");
}

}  // namespace kvs::kube
