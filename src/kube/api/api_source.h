#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kube/api/api_client.h"
#include "kube/api/reflector.h"
#include "kube/source/source.h"

// The API server as a Source (source.h): each kind is listed and watched (reflector.h) and its last
// known objects are kept, also on disk (object_cache.h). Writes are server-side apply with the
// field managers "k-vswitch-<manager>". An object with no fields except its name and status writes
// only the status.
namespace kvs::kube {

// The prefix of our field managers' names.
inline constexpr char kFieldManagerPrefix[] = "k-vswitch-";

struct ApiOptions {
  // The part of a kind that is watched; a kind that is not in the map is watched as a whole.
  std::map<Kind, Scope> scopes;
  // Where the last known objects are stored; empty: nowhere.
  std::string folder;
  Timeouts timeouts;
};

// `client` must outlive the Source.
std::unique_ptr<Source> OpenApi(io::Loop& loop, ApiClient& client, ApiOptions options);

}  // namespace kvs::kube
