#include "agent/uninstall.h"

#include <fmt/ranges.h>
#include <linux/netfilter.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>

#include "agent/cni_install.h"
#include "apply/targets/firewall_target.h"
#include "apply/targets/limit_targets.h"
#include "apply/targets/nft.h"
#include "apply/targets/settings_record.h"
#include "kube/api/object_cache.h"
#include "kube/object/objects.h"
#include "netlink/link.h"
#include "netlink/nftables.h"
#include "netlink/route.h"
#include "ovsdb/attachment.h"
#include "ovsdb/blocking_client.h"
#include "ovsdb/dpctl.h"
#include "ovsdb/unixctl.h"

namespace kvs::agent {
namespace {

namespace fs = std::filesystem;
using ovsdb::BlockingClient;
using ovsdb::Table;

// The time for ovs-vswitchd to remove a bridge from the kernel after it was deleted in OVSDB.
constexpr auto kTimeout = std::chrono::seconds(10);

BlockingClient::Deadline Soon() { return std::chrono::steady_clock::now() + kTimeout; }

std::string Plural(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Uninstaller {
 public:
  Uninstaller(const Options& options, const UninstallRequest& request)
      : options_(options), request_(request) {}

  UninstallReport Run() {
    if (auto opened = Open(); !opened) {
      report_.problems.push_back(opened.error().message);
      return report_;
    }
    CniConfiguration();
    auto database = OpenDatabase();
    if (!database) report_.problems.push_back(database.error().message);
    if (database) Promise(**database);
    if (Refused() && !request_.dry_run) {
      report_.done.clear();  // the agent puts it back
      return report_;
    }
    if (database) Bridge(**database);
    PodLinks();
    Firewall();
    Routes();
    Plugins();
    Settings();
    State();
    return report_;
  }

 private:
  Result<> Open() {
    auto socket = netlink::Socket::Open();
    if (!socket) return tl::unexpected(socket.error());
    socket_ = std::move(*socket);
    auto netfilter = netlink::Socket::OpenNetfilter();
    if (!netfilter) return tl::unexpected(netfilter.error());
    netfilter_ = std::move(*netfilter);
    return {};
  }

  // Removes one thing, and reports it as `what`, or why it stays.
  void Remove(const std::string& what, const std::function<Result<>()>& remove) {
    if (!request_.dry_run) {
      if (auto done = remove(); !done)
        return report_.problems.push_back(fmt::format("{}: {}", what, done.error().message));
    }
    report_.done.push_back(what);
  }

  // Reports something that could not be read.
  void Stays(const std::string& what, const Error& error) {
    report_.problems.push_back(fmt::format("{}: {}", what, error.message));
  }

  void RemoveFile(const std::string& what, const std::string& path) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(path, error))) return;
    Remove(what + path, [&]() -> Result<> {
      if (unlink(path.c_str()) != 0 && errno != ENOENT) return FailErrno(errno, "remove");
      return {};
    });
  }
  // Also removes temporary files of a writer that was killed before its rename.
  void RemoveWritten(const std::string& what, const std::string& path) {
    RemoveFile(what, path);
    const fs::path file(path);
    RemoveFile(what, file.parent_path() / ("." + file.filename().string() + ".new"));
  }

  void CniConfiguration() {
    if (!options_.cni_conf_dir.empty())
      RemoveWritten("CNI configuration ", CniConfigFile(options_));
  }

  Result<std::unique_ptr<BlockingClient>> OpenDatabase() {
    auto client = BlockingClient::Connect(options_.ovsdb, Soon());
    if (!client) return Wrap("bridge k-vswitch0", client.error());
    auto read = (*client)->StartMonitor(ovsdb::MonitorAll(), Soon());
    if (read) read = (*client)->WaitUntil([](const auto&) { return true; }, Soon());
    if (!read) return Wrap("bridge k-vswitch0", read.error());
    return client;
  }

  // A running plugin finds the mark gone, or waits for a confirmation in vain and undoes its work.
  void Promise(BlockingClient& client) {
    const ovsdb::Bridge* bridge = client.replica().bridges.Find(ovsdb::kBridgeName);
    const std::string key(ovsdb::kAgentKey);
    if (request_.dry_run || bridge == nullptr || !bridge->external_ids.contains(key)) return;
    ovsdb::Transaction change;
    change.Comment("k-vswitchd: uninstalling");
    change.RemoveExternalIds(Table::kBridge, bridge->uuid, {key});
    if (auto done = client.Transact(std::move(change), Soon()); !done)
      Stays("ready mark for the CNI plugin", done.error());
  }

  bool Refused() {
    auto links = netlink::DumpLinks(*socket_);
    if (!links) {
      Stays("pods", links.error());
      return report_.refused = true;
    }
    for (const netlink::Link& link : *links) {
      const auto attachment = ovsdb::Attachment::FromAlias(
          ovsdb::Attachment::WholeAlias(link.alias, link.name, link.alt_names));
      if (link.group != ovsdb::kLiveLinkGroup || !attachment) continue;
      if (request_.force) {
        pods_.push_back(link);
        continue;
      }
      report_.problems.push_back(
          fmt::format("pod {} is attached by link {}; delete it, or move it to another node",
                      attachment->pod.empty() ? "of container " + attachment->container
                                              : attachment->pod.ToString(),
                      link.name));
      report_.refused = true;
    }
    return report_.refused;
  }

  void Bridge(BlockingClient& client) {
    const ovsdb::Bridge* bridge = client.replica().bridges.Find(ovsdb::kBridgeName);
    const ovsdb::OpenVSwitch* root = client.replica().root();
    if (bridge == nullptr || root == nullptr) return;
    if (std::ranges::none_of(bridge->external_ids,
                             [](const auto& entry) { return entry.first.starts_with("kvs."); }))
      return report_.kept.push_back("bridge k-vswitch0: k-vswitch did not create it");
    Limits(ovsdb::DatapathOf(bridge->datapath_type));
    const size_t ports = bridge->ports.size() - 1;  // without LOCAL
    Remove(fmt::format("bridge k-vswitch0 with {} in Open vSwitch", Plural(ports, "port")),
           [&]() -> Result<> {
             const int64_t change = root->next_cfg + 1;
             ovsdb::Transaction deleting;
             deleting.Comment("k-vswitchd: uninstalled");
             deleting.DeleteBridge(root->uuid, bridge->uuid);
             deleting.IncrementNextCfg(root->uuid);
             if (auto done = client.Transact(std::move(deleting), Soon()); !done)
               return tl::unexpected<Error>(done.error());
             auto gone = client.WaitUntil(
                 [&](const ovsdb::Replica& now) {
                   return now.root() != nullptr && now.root()->cur_cfg >= change;
                 },
                 Soon());
             if (!gone) return Wrap("ovs-vswitchd has not removed it yet", gone.error());
             return {};
           });
  }

  // Limits of connections and fragments, while the datapath has a name: the kernel's survive the
  // bridge.
  void Limits(const std::string& datapath) {
    auto zones = Ask("dpctl/ct-get-limits", {datapath}).and_then(ovsdb::ParseZoneLimits);
    if (!zones) return Stays("limits of connections", zones.error());
    for (const ovsdb::ZoneLimit& zone : *zones)
      if (apply::IsOurZone(zone.zone))
        Remove(fmt::format("limit of {} connections in conntrack zone {}", zone.limit, zone.zone),
               [&] {
                 return Done(
                     Ask("dpctl/ct-del-limits", {datapath, fmt::format("zone={}", zone.zone)}));
               });
    if (datapath != ovsdb::DatapathOf("netdev")) return;
    const auto fragments =
        Ask("dpctl/ipf-get-status", {datapath}).and_then(ovsdb::ParseMaxFragments);
    if (!fragments) return Stays("limit of fragments", fragments.error());
    if (*fragments != apply::kMostFragments) return;  // set by another program meanwhile
    Remove(fmt::format("limit of {} fragments, reset to {}", *fragments, apply::kDefaultFragments),
           [&] {
             return Done(Ask("dpctl/ipf-set-max-nfrags",
                             {datapath, std::to_string(apply::kDefaultFragments)}));
           });
  }

  Result<std::string> Ask(std::string_view command, const std::vector<std::string>& arguments) {
    Result<std::string> said;
    io::Loop loop;
    ovsdb::Unixctl vswitchd(loop, options_.ovs_folder(), "ovs-vswitchd");
    vswitchd.Ask(command, arguments, [&](const Result<std::string>& answer) { said = answer; });
    loop.Run();
    return said;
  }
  static Result<> Done(const Result<std::string>& said) {
    return said ? Result<>() : tl::unexpected<Error>(said.error());
  }

  // The links of pods that lose their network, and those whose pods are gone already.
  void PodLinks() {
    for (const netlink::Link& link : pods_)
      Remove("link " + link.name + " of an attached pod", [&]() -> Result<> {
        auto done = socket_->Do(netlink::DeleteLink(link));
        return done || done.error().code == ENODEV ? Result<>() : done;
      });
    if (request_.dry_run) return;
    const auto reaped = socket_->Do(netlink::DeleteLinkGroup(ovsdb::kDefunctLinkGroup));
    if (!reaped && reaped.error().code != ENODEV)
      Stays("links of pods that are gone", reaped.error());
  }

  void Firewall() {
    for (const auto& [family, name] :
         {std::pair(uint8_t{NFPROTO_INET}, "inet"), {uint8_t{NFPROTO_NETDEV}, "netdev"}}) {
      const std::string table = fmt::format("nftables table {} {}", name, netlink::kNftTable);
      const std::string drop = fmt::format("delete table {} {}\n", name, netlink::kNftTable);
      const auto there = netlink::HasTable(*netfilter_, family, netlink::kNftTable);
      if (!there) Stays(table, there.error());
      if (there && *there) Remove(table, [&] { return Nft(drop); });
    }
    const auto chains = netlink::ReadFilterChains(*netfilter_);
    if (!chains) return Stays("rules in nftables chains of other programs", chains.error());
    for (const std::string& command : apply::CommandsFor(*chains, {}))
      Remove("our nftables rule in another program's chain (" + command + ")",
             [&] { return Nft(command + "\n"); });
  }

  Result<> Nft(const std::string& commands) {
    Result<> done;
    io::Loop loop;
    const auto process = apply::RunNft(loop, commands, [&](const std::string& problem) {
      if (!problem.empty()) done = Fail("{}", problem);
      loop.Stop();
    });
    loop.Run();
    return done;
  }

  void Routes() {
    auto routes = netlink::DumpRoutes(*socket_, netlink::kRouteProtocol);
    if (!routes) return Stays("routes of protocol 27", routes.error());
    std::erase_if(*routes,
                  [&](const netlink::Route& route) { return route.table != RT_TABLE_MAIN; });
    for (const netlink::Route& route : *routes)
      Remove("route to " + route.destination.ToString(), [&]() -> Result<> {
        auto done = socket_->Do(netlink::DeleteRoute(route));
        return done || done.error().code == ESRCH ? Result<>() : done;
      });
  }

  void Plugins() {
    const InstalledPlugins plugins = FindInstalledPlugins(options_);
    for (const std::string& path : plugins.ours) RemoveWritten("CNI plugin ", path);
    for (const std::string& path : plugins.others)
      report_.kept.push_back("CNI plugin " + path +
                             ": k-vswitch did not install it, or it was changed since");
  }

  void Settings() {
    const apply::SettingsRecord record(options_.settings_record(), options_.proc_sys);
    const auto changed = record.Changed();
    if (!changed) return Stays("settings of the kernel", changed.error());
    std::string main;
    for (const auto& setting : *changed)
      if (setting.path.find("/conf/") == setting.path.npos ||
          setting.path.find("/all/") != setting.path.npos)
        main += fmt::format("{}{}={}", main.empty() ? "" : ", ", setting.path, setting.found);
    if (changed->empty()) return RemoveFile("file ", options_.settings_record());
    Remove(fmt::format("{} of the kernel, restored: {}", Plural(changed->size(), "setting"), main),
           [&] { return record.PutBack(); });
  }

  void State() {
    const std::string& folder = options_.kubernetes.state_dir;
    if (folder.empty()) return;
    RemoveWritten("file ", options_.plugin_record());
    RemoveWritten("file ", options_.kubernetes.api_servers_file());
    for (const kube::Kind kind : kube::kAllKinds)
      RemoveWritten("file ", kube::ObjectsFile(folder, kind));
  }

  const Options& options_;
  const UninstallRequest& request_;
  UninstallReport report_;
  std::unique_ptr<netlink::Socket> socket_, netfilter_;
  std::vector<netlink::Link> pods_;
};

boost::json::array Texts(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

}  // namespace

UninstallReport Uninstall(const Options& options, const UninstallRequest& request) {
  return Uninstaller(options, request).Run();
}

std::string UninstallReport::ToJson(const std::string& node) const {
  return boost::json::serialize(boost::json::object{{"node", node},
                                                    {"refused", refused},
                                                    {"done", Texts(done)},
                                                    {"kept", Texts(kept)},
                                                    {"problems", Texts(problems)}}) +
         "\n";
}

}  // namespace kvs::agent
