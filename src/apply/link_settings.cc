#include "apply/link_settings.h"

#include "base/file.h"
#include "base/log.h"
#include "netlink/interface.h"

namespace kvs::apply {
namespace {

std::string Folder(std::string_view family, std::string_view link) {
  return fmt::format("net/{}/conf/{}/", family, link);
}

// The default of this setting for new links; "": `path` is not a setting of `link`.
std::string DefaultOf(const std::string& path, const std::string& link) {
  for (const char* family : {"ipv4", "ipv6"})
    if (const std::string folder = Folder(family, link); path.starts_with(folder))
      return Folder(family, "default") + path.substr(folder.size());
  return "";
}

}  // namespace

void LinkSettings::Follow(int index) {
  if (index == 0) return;
  if (index_ != 0 && index != index_) {
    found_.merge(lost_);
    lost_ = std::move(found_);
    found_.clear();
  }
  index_ = index;
  PutBack();
}

// A setting that can't be read does not exist yet: the kernel enables IPv6 on a link with a delay.
void LinkSettings::PutBack() {
  std::erase_if(lost_, [this](const auto& setting) {
    const auto& [path, value] = setting;
    const auto now = netlink::ReadSysctl(path, proc_sys_);
    if (!now) return false;
    if (netlink::ReadSysctl(DefaultOf(path, link_), proc_sys_) != *now) return true;
    const auto done = netlink::WriteSysctl(path, value, proc_sys_);
    if (done)
      log::Info("sysctl {}: restored as another program had set it before {} was recreated", path,
                link_);
    else
      log::Warning("sysctl {}: {}; another program had set it before {} was recreated", path,
                   done.error().message, link_);
    return true;
  });
}

void LinkSettings::Look(const std::function<int()>& index) {
  if (index_ == 0) return;
  std::map<std::string, std::string> found;
  for (const char* family : {"ipv4", "ipv6"}) {
    const std::string folder = Folder(family, link_);
    const auto names = NamesIn(proc_sys_ + "/" + folder).value_or(std::vector<std::string>());
    for (const std::string& name : names) {
      const std::string path = folder + name;
      if (ours_.Find(path) != nullptr || path.ends_with("/mtu")) continue;  // mtu: the link's
      const auto value = netlink::ReadSysctl(path, proc_sys_);
      const auto standard = netlink::ReadSysctl(DefaultOf(path, link_), proc_sys_);
      if (value && standard && *value != *standard) found.emplace(path, *value);
    }
  }
  if (index() == index_) found_ = std::move(found);
}

}  // namespace kvs::apply
