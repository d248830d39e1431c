#include "apply/targets/settings_target.h"

#include <cerrno>

#include "netlink/interface.h"

namespace kvs::apply {

using pipeline::KernelSetting;

void SettingsTarget::Dump(OnContents done) {
  Contents contents;
  desired_.ForEach([&](const KernelSetting& setting) {
    if (auto value = netlink::ReadSysctl(setting.path, record_.proc_sys()))
      std::get<0>(contents).push_back({{setting.path, *std::move(value)}});
  });
  done(std::move(contents));
}

void SettingsTarget::Apply(const Deltas& deltas, OnOutcome done) {
  Outcome<KernelSetting> outcome;
  for (const auto& change : std::get<0>(deltas).changes) {
    if (change.now == nullptr) continue;
    const std::string& path = change.now->path;
    const auto set = SettingsRecord::IsForwarding(path)
                         ? record_.Forward(path)
                         : netlink::WriteSysctl(path, change.now->value, record_.proc_sys());
    if (set) continue;
    std::string why = set.error().message;
    if (set.error().code == ENOENT && path.starts_with("net/ipv6/"))
      why +=
          "; this kernel has no IPv6: boot it without ipv6.disable=1, or don't give the nodes IPv6 "
          "pod ranges";
    outcome.Refuse<KernelSetting>(path, {"Host", "sysctl " + path, std::move(why), "Refused"});
  }
  done(outcome);
}

}  // namespace kvs::apply
