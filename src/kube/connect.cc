#include "kube/connect.h"

#include "kube/folder/folder.h"

namespace kvs::kube {

Result<Connection> Connect(io::Loop& loop, const ConnectOptions& where,
                           std::map<Kind, Scope> scopes) {
  if (!where.manifests.empty()) {
    auto folder = OpenFolder(loop, where.manifests);
    if (!folder) return tl::unexpected(folder.error());
    return Connection{nullptr, nullptr, std::move(*folder)};
  }
  const std::string known = where.api_servers_file();
  auto access = where.kubeconfig.empty()
                    ? ReadServiceAccount(kServiceAccountFolder, where.kubelet_configs,
                                         ApiServers::Known(known))
                    : ReadKubeconfig(where.kubeconfig);
  if (!access) return tl::unexpected(access.error());
  Connection connection;
  connection.client = std::make_unique<ApiClient>(loop, std::move(*access));
  connection.servers = std::make_unique<ApiServers>(loop, *connection.client, known);
  connection.source =
      OpenApi(loop, *connection.client, {.scopes = std::move(scopes), .folder = where.state_dir});
  return connection;
}

}  // namespace kvs::kube
