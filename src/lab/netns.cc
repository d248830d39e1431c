#include "lab/netns.h"

#include <algorithm>
#include <filesystem>

#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/socket.h"

namespace kvs::lab {

using netlink::Namespace;

Result<> MakeNetns(const std::string& name) {
  auto made = Namespace::Create(name);
  if (!made) return Wrap("make namespace " + name, made.error());
  return made->Run([]() -> Result<> {
    // Both: "all" is looked at together with the link's own setting, "default" is copied to links.
    for (const char* path : {"net/ipv6/conf/all/accept_dad", "net/ipv6/conf/default/accept_dad"}) {
      if (auto written = netlink::WriteSysctl(path, "0"); !written) return written;
    }
    auto socket = netlink::Socket::Open();
    if (!socket) return tl::unexpected<Error>(socket.error());
    return (*socket)->Do(netlink::SetLink("lo", {.up = true}));
  });
}

Result<> RemoveNetns(const std::string& name) {
  return Namespace::Exists(name) ? Namespace::Delete(name) : Result<>();
}

std::vector<std::string> NetnsWithPrefix(const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kvs::lab
