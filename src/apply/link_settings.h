#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/desired.h"
#include "pipeline/items.h"

namespace kvs::apply {

// Restores settings that other programs made on our link below net/ipv4/conf and net/ipv6/conf.
// CNI's portmap sets route_localnet, without which 127.0.0.1:hostPort does not work. The kernel
// drops such settings with the link, and no program sets them again; so they are remembered, and
// set on the link that replaces it.
class LinkSettings {
 public:
  // `ours`: the settings that SettingsTarget keeps. `proc_sys`: where the kernel's settings can be
  // written.
  LinkSettings(std::string link, std::string proc_sys,
               const engine::Desired<pipeline::KernelSetting>& ours)
      : link_(std::move(link)), proc_sys_(std::move(proc_sys)), ours_(ours) {}

  // The link has this index now; 0: it does not exist. When the index changes, the remembered
  // settings are set, except those that another program has already set on the new link.
  void Follow(int index);
  // Remembers the link's settings that differ from the kernel's default. `index`: the kernel's
  // present index of the link with that name (notifications may be late), 0 if there is none; if
  // the link is not the followed one, nothing is read.
  void Look(const std::function<int()>& index);

 private:
  void PutBack();

  std::string link_, proc_sys_;
  const engine::Desired<pipeline::KernelSetting>& ours_;
  int index_ = 0;
  std::map<std::string, std::string> found_, lost_;  // by path; lost_: to be put back
};

}  // namespace kvs::apply
