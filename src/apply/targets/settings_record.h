#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kvs::apply {

// The kernel's settings that the agent changes for the whole node, and a record of what they were
// before, so that uninstalling can put them back. The record belongs in a folder that lasts as long
// as the settings do: until the next boot.
class SettingsRecord {
 public:
  // `file`: the record. `proc_sys`: the kernel's settings, where they can be written.
  SettingsRecord(std::string file, std::string proc_sys);

  const std::string& proc_sys() const { return proc_sys_; }

  // The settings by which the node forwards packets of a family.
  static constexpr char kForward4[] = "net/ipv4/ip_forward";
  static constexpr char kForward6[] = "net/ipv6/conf/all/forwarding";
  static bool IsForwarding(std::string_view path) { return path == kForward4 || path == kForward6; }

  // Sets one of these to 1, and lets the node keep its own IPv6 address: a router doesn't listen to
  // router advertisements unless told so (accept_ra=2, ip-sysctl.rst). Does nothing if all is so
  // already. Nothing is changed that can't be recorded. Errors: ENOENT, the kernel has no such
  // family.
  Result<> Forward(std::string_view path) const;

  struct Setting {
    std::string path;   // below proc_sys: "net/ipv4/ip_forward"
    std::string found;  // before the first change
    std::string set;    // by the agent, or by the kernel along with what the agent set
    friend bool operator==(const Setting&, const Setting&) = default;
  };
  // What is recorded, differs from what was found, and nobody else has changed since; in the order
  // of its change.
  Result<std::vector<Setting>> Changed() const;
  // Puts that back and removes the record. Links that are gone are no error.
  Result<> PutBack() const;

 private:
  Result<std::vector<Setting>> Read() const;
  Result<> Note(const std::vector<Setting>& settings) const;
  void Look(std::vector<Setting>& into, const std::string& path, const std::string& set) const;
  std::vector<std::string> Links(const std::string& family) const;

  std::string file_, proc_sys_;
};

}  // namespace kvs::apply
