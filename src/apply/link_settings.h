#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/desired.h"
#include "pipeline/items.h"

namespace kvs::apply {

// What others have set on a link of ours, below net/ipv4/conf and net/ipv6/conf: CNI's portmap sets
// route_localnet, without which 127.0.0.1:hostPort is dead. The kernel forgets it with the link,
// and nobody sets it again; so it is remembered, and set on the link that takes its place.
class LinkSettings {
 public:
  // `ours`: what is kept by SettingsTarget. `proc_sys`: the kernel's settings, where they can be
  // written.
  LinkSettings(std::string link, std::string proc_sys,
               const engine::Desired<pipeline::KernelSetting>& ours)
      : link_(std::move(link)), proc_sys_(std::move(proc_sys)), ours_(ours) {}

  // The link is the one of this index now; 0: there is none. On another one than before, what was
  // remembered is set, but for what somebody has set there already.
  void Follow(int index);
  // Remembers what differs on it from the kernel's default. `index`: of the link of that name now,
  // as the kernel says (notices may be late), 0 if there is none: another link is not looked at.
  void Look(const std::function<int()>& index);

 private:
  void PutBack();

  std::string link_, proc_sys_;
  const engine::Desired<pipeline::KernelSetting>& ours_;
  int index_ = 0;
  std::map<std::string, std::string> found_, lost_;  // by path; lost_: to be put back
};

}  // namespace kvs::apply
