#include "apply/targets/settings_record.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "base/file.h"
#include "netlink/interface.h"

namespace kvs::apply {
namespace {

// Whatever the record contains: nothing else is ever written.
bool IsOfTheNetwork(std::string_view path) {
  return path.starts_with("net/") && path.find("..") == path.npos;
}

bool IsGone(const Error& error) { return error.code == ENOENT; }

}  // namespace

SettingsRecord::SettingsRecord(std::string file, std::string proc_sys)
    : file_(std::move(file)), proc_sys_(std::move(proc_sys)) {}

std::vector<std::string> SettingsRecord::Links(const std::string& family) const {
  const std::string folder = fmt::format("net/{}/conf", family);
  auto links = NamesIn(proc_sys_ + "/" + folder).value_or(std::vector<std::string>());
  for (std::string& link : links) link = fmt::format("{}/{}", folder, link);
  return links;
}

void SettingsRecord::Look(std::vector<Setting>& into, const std::string& path,
                          const std::string& set) const {
  if (const auto value = netlink::ReadSysctl(path, proc_sys_)) into.push_back({path, *value, set});
}

// A family's switch changes all of its links, and the default for new ones; IPv4's also changes
// accept_redirects (devinet.c, addrconf.c of Linux). Settings that change along are recorded first,
// so they are restored last, after the switch.
Result<> SettingsRecord::Forward(std::string_view path) const {
  const auto found = netlink::ReadSysctl(path, proc_sys_);
  if (!found) return tl::unexpected(found.error());
  if (*found == "1") return {};
  std::vector<Setting> settings, advertised;
  const bool six = path == kForward6;
  if (!six) Look(settings, "net/ipv4/conf/all/accept_redirects", "0");
  for (const std::string& link : Links(six ? "ipv6" : "ipv4")) {
    if (!link.ends_with("/all")) Look(settings, link + "/forwarding", "1");
    if (six) Look(advertised, link + "/accept_ra", "2");
  }
  std::erase_if(advertised, [](const Setting& setting) { return setting.found != "1"; });
  settings.insert(settings.end(), advertised.begin(), advertised.end());
  settings.push_back({std::string(path), *found, "1"});
  if (auto done = Note(settings); !done) return done;
  for (const Setting& setting : settings) {
    if (setting.path != path && !setting.path.ends_with("/accept_ra")) continue;  // goes along
    auto done = netlink::WriteSysctl(setting.path, setting.set, proc_sys_);
    if (!done && !IsGone(done.error())) return done;
  }
  return {};
}

Result<std::vector<SettingsRecord::Setting>> SettingsRecord::Read() const {
  const auto text = ReadFile(file_);
  if (!text && IsGone(text.error())) return std::vector<Setting>();
  if (!text) return Wrap("read " + file_, text.error());
  std::vector<Setting> settings;
  std::istringstream in(*text);
  for (Setting setting; in >> setting.path >> setting.found >> setting.set;)
    if (IsOfTheNetwork(setting.path)) settings.push_back(setting);
  return settings;
}

Result<> SettingsRecord::Note(const std::vector<Setting>& settings) const {
  auto noted = Read();
  if (!noted) return tl::unexpected(noted.error());
  for (const Setting& setting : settings)
    if (std::ranges::find(*noted, setting.path, &Setting::path) == noted->end())
      noted->push_back(setting);
  std::string text;
  for (const Setting& setting : *noted)
    text += fmt::format("{} {} {}\n", setting.path, setting.found, setting.set);
  return WriteFile(file_, text);
}

Result<std::vector<SettingsRecord::Setting>> SettingsRecord::Changed() const {
  auto settings = Read();
  if (!settings) return settings;
  std::erase_if(*settings, [&](const Setting& setting) {
    return setting.found == setting.set ||
           netlink::ReadSysctl(setting.path, proc_sys_) != setting.set;
  });
  return settings;
}

Result<> SettingsRecord::PutBack() const {
  auto settings = Read();
  if (!settings) return tl::unexpected(settings.error());
  for (Setting& setting : *settings) {
    const auto now = netlink::ReadSysctl(setting.path, proc_sys_);
    if (now && *now != setting.set) setting.found = *now;  // another program's value
  }
  std::ranges::reverse(*settings);
  for (const Setting& setting : *settings) {
    auto done = netlink::WriteSysctl(setting.path, setting.found, proc_sys_);
    if (!done && !IsGone(done.error())) return done;
  }
  if (unlink(file_.c_str()) != 0 && errno != ENOENT) return FailErrno(errno, "remove {}", file_);
  return {};
}

}  // namespace kvs::apply
