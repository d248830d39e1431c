#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kvs::apply {

// The kernel's settings that the agent changes for the whole node, and a record of their values
// before, so that uninstalling can restore them. The record belongs in a folder that lasts as long
// as the settings do: until the next boot.
class SettingsRecord {
 public:
  // `file`: the record. `proc_sys`: where the kernel's settings can be written.
  SettingsRecord(std::string file, std::string proc_sys);

  const std::string& proc_sys() const { return proc_sys_; }

  // The settings by which the node forwards packets of a family.
  static constexpr char kForward4[] = "net/ipv4/ip_forward";
  static constexpr char kForward6[] = "net/ipv6/conf/all/forwarding";
  static bool IsForwarding(std::string_view path) { return path == kForward4 || path == kForward6; }

  // Sets one of these to 1, and keeps the node's own IPv6 address: a router ignores router
  // advertisements unless accept_ra=2 (ip-sysctl.rst). Does nothing if that is so already. Nothing
  // is changed that can't be recorded. Errors: ENOENT if the kernel does not have the family.
  Result<> Forward(std::string_view path) const;

  struct Setting {
    std::string path;   // below proc_sys: "net/ipv4/ip_forward"
    std::string found;  // before the first change
    std::string set;    // by the agent, or by the kernel along with what the agent set
    friend bool operator==(const Setting&, const Setting&) = default;
  };
  // The recorded settings that differ from the value found, and that no other program has changed
  // since; in the order of their change.
  Result<std::vector<Setting>> Changed() const;
  // Restores these values and removes the record. No error if a link is gone.
  Result<> PutBack() const;

 private:
  Result<std::vector<Setting>> Read() const;
  Result<> Note(const std::vector<Setting>& settings) const;
  void Look(std::vector<Setting>& into, const std::string& path, const std::string& set) const;
  std::vector<std::string> Links(const std::string& family) const;

  std::string file_, proc_sys_;
};

}  // namespace kvs::apply
