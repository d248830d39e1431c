#include "cni/add.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/hash.h"
#include "cni/database.h"
#include "cni/delegate.h"
#include "cni/detach.h"
#include "cni/host_end.h"
#include "cni/pod_end.h"
#include "cni/port_candidates.h"
#include "netlink/interface.h"
#include "netlink/namespace.h"

namespace kvs::cni {
namespace {

using namespace std::chrono_literals;
using ovsdb::TransactError;

// One ADD. The order of its steps saves time: the link is created first, because the kernel's
// answer to its name decides who gets the address; OVSDB's transaction and the switch's work go on
// while the pod's end is configured.
class Adding {
 public:
  explicit Adding(const Call& call) : call_(call), env_(call.env), conf_(call.conf) {}

  Outcome<CniResult> Run() {
    // Nothing is created before both succeed.
    if (auto opened = Open(); !opened) return tl::unexpected(opened.error());
    if (auto clean = RemoveLeftovers(); !clean) return tl::unexpected(clean.error());
    auto made = Make();
    // The rest of the time is for the cleanup; a database that hangs must not use up all of it.
    if (!made && !is_anothers_)
      (void)Detach(call_, LinkRemoval::kImmediate, std::max(call_.deadline, In(500ms)));
    return made;
  }

 private:
  Outcome<> Open();
  Outcome<> RemoveLeftovers();
  Outcome<CniResult> Make();
  Outcome<> Delegate();
  Outcome<> CheckMtu() const;
  Outcome<> Plug();
  Outcome<bool> PlugIn();
  Outcome<bool> ClearName(const std::string& name);
  Outcome<> SendRows();
  Outcome<> ConfigureEnd();
  Result<> ChooseRoutes(int link);
  Result<bool> DeleteDying();
  Outcome<bool> ReceiveRows();
  Outcome<> AwaitAgent();
  CniResult Answer() const;

  // Waiting ends before the deadline, so that there is time to undo.
  Deadline deadline() const { return call_.deadline - conf_.timeout / 20; }
  ovsdb::Attachment attachment() const;
  int mtu() const { return conf_.mtu.value_or(facts_.mtu); }
  Mac mac() const { return conf_.mac.value_or(MacOf(candidate_.ips)); }
  Mac host_mac() const;

  const Call& call_;
  const Env& env_;
  const NetConf& conf_;
  std::optional<netlink::Namespace> pod_;
  std::unique_ptr<netlink::Socket> host_socket_, pod_socket_;
  std::unique_ptr<ovsdb::BlockingClient> client_;
  Snapshot snapshot_;
  ovsdb::BridgeFacts facts_;
  std::optional<CniResult> delegated_;
  std::optional<PortCandidates> candidates_;
  PortCandidate candidate_;
  std::vector<CniResult::Route> routes_;  // over the pod's link
  ovsdb::BlockingClient::RequestId rows_ = 0;
  bool watching_ = false;
  bool is_anothers_ = false;  // another ADD has made the attachment meanwhile
};

Outcome<> Adding::Open() {
  auto pod = netlink::Namespace::Open(env_.netns);
  if (!pod) return Wrap(Code::kBadEnvironment, "CNI_NETNS", pod.error());
  if (const auto own = netlink::Namespace::Current(); own && *own == *pod && !env_.netns_override)
    return Refuse(Code::kBadEnvironment, "CNI_NETNS: {} is the node's own namespace", env_.netns);
  if (auto turn = AwaitTurn(*pod, env_, deadline()); !turn) return turn;
  pod_.emplace(std::move(*pod));
  auto host = netlink::Socket::Open();
  if (!host) return Wrap(Code::kIo, "ADD", host.error());
  auto inside = netlink::Socket::OpenIn(*pod_);
  if (!inside) return Wrap(Code::kIo, "ADD", inside.error());
  host_socket_ = std::move(*host);
  pod_socket_ = std::move(*inside);
  auto client = Connect(conf_, deadline());
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  auto snapshot = Look(*client_, conf_, {IsOf(env_)}, deadline());
  if (!snapshot) return tl::unexpected(snapshot.error());
  snapshot_ = std::move(*snapshot);
  auto facts = snapshot_.Facts(conf_, Code::kTryLater);
  if (!facts) return tl::unexpected(facts.error());
  facts_ = std::move(*facts);
  return CheckMtu();
}

Outcome<> Adding::CheckMtu() const {
  const bool six = std::ranges::any_of(facts_.pod_ranges,
                                       [](const Prefix& range) { return range.address().is6(); });
  if (mtu() >= (six ? kLeastMtu6 : 68)) return {};
  return Refuse(Code::kBadConfig,
                "mtu {}: pods with IPv6 addresses need {}; raise the underlay's MTU or \"mtu\"",
                mtu(), kLeastMtu6);
}

// Removes what an ADD or DEL that was killed has left of this attachment.
Outcome<> Adding::RemoveLeftovers() {
  if (snapshot_.rows.interfaces.empty()) return {};
  auto remains = FindRemains(*host_socket_, env_, &snapshot_);
  if (!remains) return Wrap(Code::kIo, "ADD", remains.error());
  for (const auto& [uuid, interface] : snapshot_.rows.interfaces) {
    const bool live =
        std::ranges::any_of(remains->links, [&name = interface.name](const netlink::Link& link) {
          return link.name == name && link.group == ovsdb::kLiveLinkGroup;
        });
    if (live && ovsdb::AttachmentStatus::FromExternalIds(interface.external_ids).realized)
      return Refuse(Code::kAlreadyAttached, "{} already has interface {}; call DEL first",
                    env_.who(), env_.ifname);
  }
  if (auto gone = DeleteLinks(*host_socket_, remains->links); !gone)
    return Wrap(Code::kIo, "remove what an earlier ADD left", gone.error());
  call_.step("leftover links deleted");
  auto deleted = DeletePorts(*client_, snapshot_, remains->ports, deadline());
  call_.step("leftover ports deleted");
  return deleted;
}

Outcome<CniResult> Adding::Make() {
  if (!conf_.ipam.empty())
    if (auto got = Delegate(); !got) return tl::unexpected(got.error());
  std::vector<std::string> ports;
  for (const auto& [uuid, port] : snapshot_.rows.ports) ports.push_back(port.name);
  std::vector<Ip> given;
  if (delegated_)
    for (const CniResult::Address& address : delegated_->ips) given.push_back(address.ip);
  candidates_.emplace(call_, facts_.pod_ranges, ports, given);
  if (auto plugged = Plug(); !plugged) return tl::unexpected(plugged.error());
  if (auto confirmed = AwaitAgent(); !confirmed) return tl::unexpected(confirmed.error());
  call_.step("confirmed");
  return Answer();
}

// An existing lease of this attachment was left by an ADD that was killed.
Outcome<> Adding::Delegate() {
  auto output = RunIpam(call_, "ADD", deadline());
  if (!output && RunIpam(call_, "DEL", deadline())) output = RunIpam(call_, "ADD", deadline());
  if (!output) return tl::unexpected(output.error());
  call_.step("address delegated");
  auto result = CniResult::Decode(*output);
  if (!result)
    return Refuse(Code::kUndecodable, "ipam plugin {}: {}", conf_.ipam, result.error().message);
  if (result->ips.empty())
    return Refuse(Code::kUndecodable, "ipam plugin {} returned no address", conf_.ipam);
  delegated_ = std::move(*result);
  return {};
}

// Takes the first candidate with an unused name.
Outcome<> Adding::Plug() {
  for (;;) {
    auto candidate = candidates_->Next();
    if (!candidate) return tl::unexpected(candidate.error());
    candidate_ = std::move(*candidate);
    const auto mine = PlugIn();
    if (!mine) return tl::unexpected(mine.error());
    if (*mine) return {};
    candidates_->Taken();
  }
}

// False if another attachment has the name.
Outcome<bool> Adding::PlugIn() {
  const auto alias = attachment().ToAlias();
  if (!alias) return Wrap(Code::kBadEnvironment, "CNI_CONTAINERID", alias.error());
  const netlink::Veth veth{
      .name = candidate_.port,
      .mac = host_mac(),
      .mtu = static_cast<uint32_t>(mtu()),
      .group = ovsdb::kLiveLinkGroup,
      .alias = *alias,
      .link_local = false,  // ovs-vswitchd would read its routes again and again
      .peer_name = env_.ifname,
      .peer_mac = mac()};
  for (;;) {
    const auto made = netlink::CreateVeth(*host_socket_, veth, *pod_);
    if (made) break;
    if (made.error().code != EEXIST) return Wrap(Code::kIo, env_.who(), made.error());
    if (auto cleared = ClearName(candidate_.port); !cleared || !*cleared) return cleared;
  }
  // Without alternative names, as before Linux 5.5, only a restoration after a lost OVSDB lacks
  // these names.
  if (const auto names = attachment().ToAltNames(candidate_.port); !names.empty())
    (void)host_socket_->Do(netlink::AddAltNames(candidate_.port, names));
  call_.step("link made");
  if (auto sent = SendRows(); !sent) return tl::unexpected(sent.error());
  call_.step("rows sent");
  if (auto configured = ConfigureEnd(); !configured) return tl::unexpected(configured.error());
  call_.step("pod's end configured");
  return ReceiveRows();
}

// One of the two names of a new pair exists. Deletes that link if it may be deleted, so that the
// pair can be tried again; false if it is the port's name and belongs to another attachment.
Outcome<bool> Adding::ClearName(const std::string& name) {
  auto link = netlink::FindLink(*host_socket_, name);
  if (link) {
    const bool ours = OwnerOf(*link) == AttachmentKey{env_.container, env_.ifname};
    if (!ours && !(candidates_->insists() && link->group == ovsdb::kDefunctLinkGroup)) return false;
  } else {
    auto found = FindByPodEnd(*host_socket_, env_);
    if (!found)
      return Refuse(Code::kAlreadyAttached, "CNI_IFNAME: {} exists already in {}; call DEL first",
                    env_.ifname, env_.netns);
    link = std::move(*found);
  }
  if (auto gone = DeleteLinks(*host_socket_, {&*link, 1}); !gone)
    return Wrap(Code::kIo, "remove what an earlier ADD left", gone.error());
  return true;
}

Outcome<> Adding::SendRows() {
  ovsdb::Interface interface { .name = candidate_.port, .ofport_request = candidate_.ofport };
  interface.external_ids = attachment().ToExternalIds();
  ovsdb::Transaction adding;
  adding.Comment("k-vswitch-cni: ADD " + env_.who());
  // Whichever plugin allocated it, an address must not belong to two pods.
  for (const Ip& ip : candidate_.ips)
    adding.RequireNone(ovsdb::Table::kInterface,
                       {{"external_ids", "includes", ovsdb::Attachment::IdOf(ip)}});
  adding.RequireNone(ovsdb::Table::kInterface, {IsOf(env_)});
  adding.InsertPort(snapshot_.bridge()->uuid, ovsdb::Port{.name = candidate_.port}, interface);
  auto sent = client_->SendTransact(std::move(adding), deadline());
  if (!sent) return Wrap(Code::kTryLater, "add port " + candidate_.port, sent.error());
  rows_ = *sent;
  if (watching_) return {};
  watching_ = true;
  const ovsdb::Watch ours{.any_of = {IsOf(env_)},
                          .columns = {"name", "external_ids", "ofport", "error"}};
  auto started = client_->StartMonitor({{ovsdb::Table::kInterface, ours}}, deadline());
  if (!started) return Wrap(Code::kTryLater, "watch port " + candidate_.port, started.error());
  return {};
}

Outcome<> Adding::ConfigureEnd() {
  const auto link = netlink::FindLink(*pod_socket_, env_.ifname);
  if (!link) return Wrap(Code::kIo, env_.who(), link.error());
  const bool six = std::ranges::any_of(candidate_.ips, &Ip::is6);
  const auto set = pod_->Run([&]() -> Result<> {
    if (six)
      if (auto on = netlink::WriteSysctl("net/ipv6/conf/" + env_.ifname + "/disable_ipv6", "0");
          !on)
        return on;
    if (facts_.datapath == ovsdb::BridgeFacts::Datapath::kSystem) return {};
    return netlink::SetTxChecksumOffload(env_.ifname, false);
  });
  if (!set) return Wrap(Code::kIo, env_.who(), set.error());
  if (auto chosen = ChooseRoutes(link->index); !chosen)
    return Wrap(Code::kIo, env_.who(), chosen.error());
  const auto done = pod_socket_->Do(ConfigurePod(link->index, candidate_.ips, routes_));
  if (!done) return Wrap(Code::kIo, env_.who(), done.error());
  return {};
}

Result<> Adding::ChooseRoutes(int link) {
  const auto wanted =
      RoutesFor(candidate_.ips, delegated_ ? delegated_->routes : std::vector<CniResult::Route>{});
  for (;;) {
    const auto there = netlink::DumpRoutes(*pod_socket_);
    if (!there) return tl::unexpected(there.error());
    routes_ = WithoutOthers(wanted, *there, link);
    if (routes_.size() == wanted.size()) return {};
    const auto deleted = DeleteDying();
    if (!deleted) return tl::unexpected(deleted.error());
    if (!*deleted) return {};
  }
}

// Deletes the pod's links that DEL has left to the agent: their addresses and routes are unused.
// False if there is none.
Result<bool> Adding::DeleteDying() {
  auto links = netlink::DumpLinks(*host_socket_);
  if (!links) return tl::unexpected(links.error());
  std::erase_if(*links, [&](const netlink::Link& link) {
    const auto owner = OwnerOf(link);
    return link.group != ovsdb::kDefunctLinkGroup || !owner || owner->container != env_.container;
  });
  if (auto gone = DeleteLinks(*host_socket_, *links); !gone) return tl::unexpected(gone.error());
  return !links->empty();
}

// False if another ADD has inserted a port of this name meanwhile, or if another pod has one of the
// addresses.
Outcome<bool> Adding::ReceiveRows() {
  const auto reply = client_->Receive(rows_, deadline());
  if (reply) {
    call_.step("rows inserted");
    return true;
  }
  const bool taken = reply.error().reason == TransactError::Reason::kWaitFailed;
  if (taken)
    if (auto now = Look(*client_, conf_, {IsOf(env_)}, deadline());
        now && !now->rows.interfaces.empty()) {
      is_anothers_ = true;
      (void)host_socket_->Do(netlink::DeleteLink(candidate_.port));
      return Refuse(Code::kAlreadyAttached,
                    "{} got interface {} from another ADD meanwhile; call DEL first", env_.who(),
                    env_.ifname);
    }
  if (taken && delegated_)
    return Refuse(Code::kAddressTaken, "ipam plugin {} returned {}, which is another pod's address",
                  conf_.ipam, Join(candidate_.ips));
  if (taken && !conf_.ips.empty())
    return Refuse(Code::kAddressTaken, "runtimeConfig.ips: {} is another pod's address",
                  Join(candidate_.ips));
  if (!taken && reply.error().reason != TransactError::Reason::kDuplicate)
    return Wrap("add port " + candidate_.port, reply.error());
  const auto gone = host_socket_->Do(netlink::DeleteLink(candidate_.port));
  if (!gone) return Wrap(Code::kIo, env_.who(), gone.error());
  return false;
}

Outcome<> Adding::AwaitAgent() {
  ovsdb::AttachmentStatus verdict;
  std::string problem;  // of ovs-vswitchd with the port
  const auto answered = [&](const ovsdb::Replica& replica) {
    for (const auto& [uuid, interface] : replica.interfaces) {
      verdict = ovsdb::AttachmentStatus::FromExternalIds(interface.external_ids);
      problem = interface.error     ? "; ovs-vswitchd reports: " + *interface.error
                : !interface.ofport ? "; ovs-vswitchd has not assigned a port number either: is it "
                                      "running, and is its database's disk full?"
                                    : "";
      if (verdict.realized || !verdict.error.empty()) return true;
    }
    return false;
  };
  const auto waited = client_->WaitUntil(answered, deadline());
  if (!waited)
    return Refuse(Code::kTryLater,
                  "{}: k-vswitchd has not confirmed the flows of port {} within {} s ({}){}; see "
                  "`kvs status` on this node",
                  env_.who(), candidate_.port, static_cast<double>(conf_.timeout.count()) / 1000,
                  waited.error().message, problem);
  if (!verdict.error.empty())
    return Refuse(Code::kTryLater, "{}: k-vswitchd cannot realize port {}: {}", env_.who(),
                  candidate_.port, verdict.error);
  return {};
}

CniResult Adding::Answer() const {
  CniResult result;
  result.interfaces = {
      {.name = candidate_.port, .mac = host_mac().ToString(), .mtu = mtu()},
      {.name = env_.ifname, .mac = mac().ToString(), .mtu = mtu(), .sandbox = env_.netns}};
  for (const Ip& ip : candidate_.ips)
    result.ips.push_back({.ip = ip, .length = ip.bits(), .gateway = GatewayOf(ip), .interface = 1});
  result.routes = routes_;
  result.dns = !conf_.dns.empty() || !delegated_ ? conf_.dns : delegated_->dns;
  return result;
}

ovsdb::Attachment Adding::attachment() const {
  return {.container = env_.container,
          .ifname = env_.ifname,
          .netns = env_.netns,
          .pod = env_.pod,
          .pod_uid = env_.pod_uid,
          .network = conf_.name,
          .ips = candidate_.ips,
          .mac = mac(),
          .ipam = delegated_ ? ovsdb::Attachment::Ipam::kDelegated : ovsdb::Attachment::Ipam::kOwn};
}

// Never used as a destination: the switch reads and writes frames as they are.
Mac Adding::host_mac() const {
  const uint64_t hash = StableHash(env_.attachment());
  Mac mac{{0x0a, 0x5a}};
  for (size_t i = 2; i < 6; ++i) mac.bytes[i] = static_cast<uint8_t>(hash >> (8 * i));
  return mac;
}

}  // namespace

Outcome<CniResult> Add(const Call& call) { return Adding(call).Run(); }

}  // namespace kvs::cni
