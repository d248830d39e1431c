#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "agent/agent.h"
#include "agent/cni_install.h"
#include "agent/conditions.h"
#include "apply/targets/bridge_target.h"
#include "apply/targets/settings_record.h"
#include "base/golden.h"
#include "cli/agents/agent_client.h"
#include "cli/connectivity/test_namespace.h"
#include "cli/uninstall/uninstall.h"
#include "cni/allocation.h"
#include "cni/cni_result.h"
#include "cni/config.h"
#include "controller/controller.h"
#include "controller/reasons.h"
#include "io/health_port.h"
#include "kube/api/api_source.h"
#include "kube/api/object_cache.h"
#include "kube/object/agent_pods.h"
#include "netlink/nftables.h"
#include "netlink/route.h"
#include "pipeline/limits.h"
#include "pipeline/mark_layout.h"

// Every name and number of k-vswitch that outlives a process, in testdata/durable_names.txt: the
// build before wrote it into OVSDB, the switch, the kernel, a file or the API, and this one must
// find it there. Whoever changes a line of that file takes care of what lies in running clusters.
// The rest of what is sent to the API server is in kube/testdata/written, byte by byte.
namespace kvs::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kHead[] =
    "# Every name and number of k-vswitch that outlives a process (durable_names_test.cc).\n"
    "# A line that changes or goes needs a migration of what running clusters have, and a test of\n"
    "# it: `make e2e` upgrades from older builds. A line that is added needs none.\n";

// A text in sections, a line for each name.
class Names {
 public:
  void Section(std::string_view title) { text_ += fmt::format("\n{}\n", title); }
  template <class... Args>
  void Add(fmt::format_string<Args...> line, Args&&... args) {
    text_ += "  " + fmt::format(line, std::forward<Args>(args)...) + "\n";
  }
  void AddLines(const std::string& lines) {
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) Add("{}", line);
  }
  void AddIds(std::string_view of, const ovsdb::StringMap& ids) {
    for (const auto& [key, value] : ids) Add("{} {} = {}", of, key, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_ = kHead;
};

ovsdb::Attachment Pod() {
  return {.container = "f00d",
          .ifname = "eth0",
          .netns = "/run/netns/cni-1",
          .pod = {"default", "web-0"},
          .pod_uid = "0f8c1e1e-2b1c-4d2c-9d34-2a7b0a4e55d1",
          .network = std::string(agent::kCniNetwork),
          .ips = *ParseIps("10.1.1.5,fd00:10:1:1::5"),
          .mac = *Mac::Parse("0a:58:0a:01:01:05")};
}

ovsdb::BridgeFacts NodeFacts() {
  return {.node = "node1",
          .pod_ranges = *ParsePrefixes("10.1.1.0/24,fd00:10:1:1::/64"),
          .mtu = 1450,
          .datapath = ovsdb::BridgeFacts::Datapath::kSystem,
          .agent_ready = true,
          .mark_layouts =
              pipeline::ToText(pipeline::WithMarkLayout("", pipeline::MarkLayoutOfThisBuild()))};
}

void AddOvsdb(Names& names) {
  names.Section("OVSDB: names of bridge and ports, and OpenFlow ports that are asked for");
  names.Add("bridge {}", ovsdb::kBridgeName);
  names.Add("tunnel port {}, ofport {}", ovsdb::kTunnelPortName, pipeline::kTunnelOfport);
  for (const uint64_t index : {3, 239, 59984, 59985}) {
    const auto ofport = ovsdb::OfportOf(index);
    names.Add("port of index {}: {}, ofport {}", index, ovsdb::PortName(index),
              ofport ? std::to_string(*ofport) : "chosen by the switch");
  }
  names.Add("port of attachment f00d/eth0 with addresses from elsewhere: {}",
            ovsdb::ForeignPortName("f00d/eth0"));

  names.Section("OVSDB: external_ids of a pod's Interface");
  ovsdb::Attachment pod = Pod();
  names.AddIds("from the plugin:", pod.ToExternalIds());
  pod.ipam = ovsdb::Attachment::Ipam::kDelegated;
  names.Add("from the plugin: {} = {}", ovsdb::kIpamKey,
            pod.ToExternalIds().find(ovsdb::kIpamKey)->second);
  names.AddIds("from the agent:", ovsdb::AttachmentStatus{.realized = 7}.ToExternalIds());
  names.AddIds("from the agent:", ovsdb::AttachmentStatus{.error = "why"}.ToExternalIds());

  names.Section("OVSDB: the bridge");
  ovsdb::BridgeFacts facts = NodeFacts();
  names.AddIds("external_ids", facts.ToExternalIds());
  facts.datapath = ovsdb::BridgeFacts::Datapath::kNetdev;
  names.Add("external_ids {} = {}", ovsdb::kDatapathKey,
            facts.ToExternalIds().find(ovsdb::kDatapathKey)->second);
  names.Add("other_config hwaddr of node1 = {}", agent::BridgeMac("node1"));
}

void AddLinks(Names& names) {
  names.Section("Links of pods: IFLA_IFALIAS, IFLA_ALT_IFNAME, IFLA_GROUP, addresses");
  ovsdb::Attachment pod = Pod();
  names.Add("alias: {}", pod.ToAlias().value_or("none"));
  pod.container = std::string(64, 'c');
  pod.pod = {"namespace", std::string(253, 'p')};
  pod.network = "another-network";
  names.Add("alias of long names: {}", pod.ToAlias().value_or("none"));
  for (const std::string& name : pod.ToAltNames("kvef")) names.Add("alternative name: {}", name);
  names.Add("group of those in use {}, of those left to the agent {}", ovsdb::kLiveLinkGroup,
            ovsdb::kDefunctLinkGroup);
  names.Add("MAC of 10.1.1.5: {}", cni::MacOf(*ParseIps("10.1.1.5")));
  names.Add("MAC of fd00:10:1:1::5: {}", cni::MacOf(*ParseIps("fd00:10:1:1::5")));
  names.Add("next hops in pods: {} and {}, MAC {}", pipeline::kNextHop4, pipeline::kNextHop6,
            pipeline::kGatewayMac);
}

void AddPipeline(Names& names) {
  names.Section("OpenFlow: tables");
  for (const pipeline::TableInfo& table : pipeline::kTables)
    names.Add("{} {}", pipeline::NumberOf(table.id), table.name);

  names.Section("OpenFlow: bits of ct_mark, conntrack zones, meters, the tunnels' key");
  names.Add("layouts as recorded: {}", NodeFacts().mark_layouts);
  names.Add("bit {}: committed; bits {}..31: generation", pipeline::kCommittedMarkBit,
            pipeline::kMarkGenerationBit);
  names.Add("zones: DNAT {}, policy {}, SNAT {}", static_cast<int>(pipeline::Zone::kDnat),
            static_cast<int>(pipeline::Zone::kPolicy), static_cast<int>(pipeline::Zone::kSnat));
  const world::Port port{.ofport = 255};
  names.Add("meters of ofport 255: connections {}, fragments {}", pipeline::ConnectionMeter(port),
            pipeline::FragmentMeter(port));
  names.Add("tunnel key {}, VXLAN port {}, Geneve port {}", pipeline::kTunnelKey,
            pipeline::kVxlanPort, pipeline::kGenevePort);
}

// A row of each kind, and all rules: the cookie of each rule and row.
void AddCookies(Names& names) {
  world::World world;
  const pipeline::Pipeline pipeline(world);
  world.self.Put({.node = "node1"});
  world.nodes.Put({.name = "node2"});
  world.ports.Put({.name = "kvef", .ofport = 255, .pod = {"default", "web-0"}});
  world.crowded.Put({.name = "kvef", .container = "f00d", .pod = {"default", "web-0"}});
  names.Section("OpenFlow: cookies, by rule and row");
  names.Add("kinds: rule {}, learned {}", static_cast<int>(pipeline::CookieKind::kRule),
            static_cast<int>(pipeline::CookieKind::kLearned));
  pipeline.ForEachOwner([&](uint64_t cookie, const pipeline::Owner& owner) {
    names.Add("{} {}: {:#018x}", owner.rule, owner.row, cookie);
  });
}

// The lines that name a table, a chain, a set or a hook.
void AddNftables(Names& names) {
  names.Section("nftables and routes");
  std::istringstream rules(apply::Ruleset({}, ovsdb::kBridgeName));
  for (std::string line; std::getline(rules, line);)
    if (line.find("table ") != line.npos || line.find("chain ") != line.npos ||
        line.find("set ") != line.npos || line.find("hook ") != line.npos)
      names.Add("{}", line.substr(line.find_first_not_of(' ')));
  names.Add("table netdev {}: a chain for each link, of its name", netlink::kNftTable);
  for (const char* tunnel : {"vxlan", "gre", "geneve"})
    for (const apply::Pass& pass : apply::PassesFor(ovsdb::kBridgeName, tunnel))
      names.Add("{}: rule in chains of others: {} comment \"{}\"", tunnel, pass.match,
                pass.comment);
  names.Add("route protocol {}", netlink::kRouteProtocol);
}

// What the record of settings looks like: ip_forward was 0.
std::string SettingsRecordText() {
  const fs::path folder =
      fs::temp_directory_path() / ("kvs-durable-names." + std::to_string(getpid()));
  fs::create_directories(folder / "sys/net/ipv4");
  std::ofstream(folder / "sys/net/ipv4/ip_forward") << "0\n";
  const auto done = apply::SettingsRecord(folder / "record", folder / "sys")
                        .Forward(apply::SettingsRecord::kForward4);
  const std::string text = ReadFile(folder / "record").value_or(done ? "" : done.error().message);
  fs::remove_all(folder);
  return text;
}

agent::Options AgentOptions() {
  agent::Options options;
  options.kubernetes.state_dir = "STATE-DIR";
  options.cni_conf_dir = "CNI-CONF-DIR";
  options.cni_bin_dir = "CNI-BIN-DIR";
  options.cni_binaries = {"FROM/" + std::string(agent::kCniPlugin), "FROM/portmap"};
  return options;
}

void AddFiles(Names& names) {
  const agent::Options options = AgentOptions();
  names.Section("Files and sockets of a node");
  names.Add("OVSDB: {}; of the plugin too: {}", options.ovsdb, cni::NetConf().ovsdb);
  names.Add("the agent's socket: {}; of kvs too: {}", options.agent_socket(), kAgentSocket);
  names.Add("lock: {}", options.lock_file());
  names.Add("uninstalled, with the uid of the VSwitchConfig: {}", options.uninstalled_mark());
  names.Add("the kernel's settings as found: {}", options.settings_record());
  names.AddLines("  " + SettingsRecordText());
  names.Add("others' plugins that were installed: {}", options.plugin_record());
  names.Add("API servers, a URL each line: {}", options.kubernetes.api_servers_file());
  for (const kube::Kind kind : kube::kAllKinds)
    names.Add("a List of all as last known: {}",
              kube::ObjectsFile(options.kubernetes.state_dir, kind));

  names.Section("CNI");
  names.Add("versions: {}", fmt::join(cni::kSupportedVersions, " "));
  for (const agent::CniFile& file : agent::CniFilesFor(options)) {
    names.Add("{}{}", file.path, file.keep_others ? ", unless one is there" : "");
    names.AddLines(file.text);
  }
}

void AddReasons(Names& names) {
  for (const agent::ConditionWords& words : agent::kConditions)
    for (const std::string_view reason : {words.good, words.bad, words.other})
      if (!reason.empty()) names.Add("VSwitchConfig, by the agent: {}: {}", words.type, reason);
  names.Add("VSwitchConfig, by the agent: {}: {} | {}", agent::kReady.type, agent::kUninstalled,
            kube::VSwitchConfig::kOtherNetwork);
  names.Add("VSwitchConfig, by the controller: {}: {}", kube::VSwitchConfig::kAccepted,
            fmt::join(controller::reason::kOfAccepted, " | "));
  names.Add("VSwitchConfig, by the controller: {}: {}", kube::VSwitchConfig::kReady,
            fmt::join(controller::reason::kOfReady, " | "));
  names.Add("Node, by the controller: {}: {}", kube::Node::kNetworkUnavailable,
            fmt::join(controller::reason::kOfNetworkUnavailable, " | "));
  names.Add("event of {}: {} | {} | {}", agent::kReporter, agent::kNetworkReady,
            agent::kNetworkNotReady, agent::kNetworkProblem);
  names.Add("event of {} ({}): reasons of its conditions | {} | {}", controller::kReporter,
            controller::kInstance, io::kHealthPortTaken, io::kMetricsPortTaken);
}

void AddKubernetes(Names& names) {
  names.Section("Kubernetes: conditions, their reasons, and events");
  AddReasons(names);
  names.Section("Kubernetes: who writes, labels, annotations, settings");
  for (const std::string_view manager :
       {std::string_view(agent::kManager), std::string_view(controller::kManager),
        std::string_view(controller::kLivenessManager)})
    names.Add("field manager {}{}", kube::kFieldManagerPrefix, manager);
  names.Add("Lease {}/{}", controller::kLeaseNamespace, controller::kLeaseName);
  names.Add("pods of the agent: namespace {}, {}", kube::kAgentNamespace, kube::AgentSelector());
  names.Add("annotation of Nodes: {}", controller::kOverlayIpAnnotation);
  names.Add("kvs test: namespace {}*, {}, until {}", kTestNamespacePrefix, kTests, kUntil);
  // What is no setting is told of with the names of those that are.
  kube::ConfigMap map;
  map.data = {{"nonsense", "x"}, {"clusterCIDR", "10.244.0.0/16"}, {"serviceCIDR", "10.96.0.0/16"}};
  const kube::Node node{.meta = {.name = "node1"}, .addresses = {{"InternalIP", "192.168.1.1"}}};
  const auto config =
      controller::Plan({.nodes = {{"node1", node}}, .config_map = &map}).at("node1");
  names.Add("{}", config.status.conditions.front().message);
  for (const auto& [source, from] : config.spec.sources)
    names.Add("spec.sources: {}: {}", source, from);

  names.Section("Kubernetes: objects");
  for (const kube::Kind kind : kube::kAllKinds)
    names.Add("{} {}", kube::ApiVersion(kind), kube::Name(kind));
  for (const ClusterObjects& objects : OurObjects())
    for (const std::string& name : objects.names)
      names.Add("{}{}{}", objects.ns, objects.ns.empty() ? "" : ": ", name);
}

// The flags and folders of a node by which the manifest installs the programs.
void AddManifest(Names& names) {
  names.Section("deploy/k-vswitch.yaml: folders, addresses and sockets");
  std::istringstream lines(ReadFile(KVS_MANIFEST).value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line.find("hostPath:") != line.npos || line.find("mountPath: /") != line.npos ||
        line.find("- --") != line.npos)
      names.Add("{}", line.substr(line.find_first_not_of(' ')));
}

TEST(DurableNames, AreThoseThatRunningClustersHave) {
  Names names;
  AddOvsdb(names);
  AddLinks(names);
  AddPipeline(names);
  AddCookies(names);
  AddNftables(names);
  AddFiles(names);
  AddKubernetes(names);
  AddManifest(names);
  ExpectGolden(std::string(KVS_TESTDATA) + "/durable_names.txt", names.text());
}

}  // namespace
}  // namespace kvs::cli
