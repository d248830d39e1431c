#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kube/api/api_client.h"
#include "kube/api/reflector.h"
#include "kube/source/source.h"

// The API server as a Source (source.h): list and watch of each kind (reflector.h), kept as last
// known, also on disk (object_cache.h); writes by server-side apply with the field managers
// "k-vswitch-<manager>". An object without fields but its name and status writes the status only.
namespace kvs::kube {

// What begins the name of a field manager.
inline constexpr char kFieldManagerPrefix[] = "k-vswitch-";

struct ApiOptions {
  // What is watched of a kind, where that isn't all.
  std::map<Kind, Scope> scopes;
  // Where what is known is kept; empty: nowhere.
  std::string folder;
  Timeouts timeouts;
};

// `client` must outlive it.
std::unique_ptr<Source> OpenApi(io::Loop& loop, ApiClient& client, ApiOptions options);

}  // namespace kvs::kube
