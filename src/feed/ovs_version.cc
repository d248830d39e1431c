#include "feed/ovs_version.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace kvs::feed {
namespace {

constexpr std::pair kLeast = {3, 1};

}  // namespace

std::optional<Problem> CheckOvsVersion(const ovsdb::Replica& replica) {
  const ovsdb::OpenVSwitch* root = replica.root();
  if (root == nullptr || !root->ovs_version) return std::nullopt;
  std::pair version = {0, 0};
  const bool read =
      std::sscanf(root->ovs_version->c_str(), "%d.%d", &version.first, &version.second) == 2;
  if (!read || version >= kLeast) return std::nullopt;
  return Problem{
      "Open_vSwitch", "ovs_version",
      fmt::format("this node runs Open vSwitch {}; k-vswitch needs {}.{} or newer: upgrade it; "
                  "until then no new pods are attached, and running pods keep their network",
                  *root->ovs_version, kLeast.first, kLeast.second),
      "OVSTooOld", true};
}

}  // namespace kvs::feed
