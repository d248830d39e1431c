#include "feed/switch_routes.h"

#include <sstream>

namespace kvs::feed {

void SwitchRoutes::Ask() {
  if (std::exchange(asking_, true)) return;
  vswitchd_.Ask("ovs/route/show", {}, [this](const Result<std::string>& answer) {
    asking_ = false;
    auto found = answer ? ParseLocalAddresses(*answer) : local_addresses_;
    const bool news = !std::exchange(known_, true);
    if (std::exchange(local_addresses_, found) != found || news) on_change_();
  });
}

std::set<Ip> ParseLocalAddresses(std::string_view route_show) {
  std::set<Ip> local;
  std::istringstream lines{std::string(route_show)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(" local")) continue;
    std::istringstream words(line);
    std::string origin, destination;
    words >> origin >> destination;
    const auto prefix = Prefix::Parse(destination);
    if (prefix && *prefix == Prefix::Host(prefix->address())) local.insert(prefix->address());
  }
  return local;
}

}  // namespace kvs::feed
