#include "lab/machine/underlay.h"

#include "base/hash.h"
#include "exec/netns.h"
#include "netlink/address.h"
#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/namespace.h"
#include "netlink/socket.h"
#include "netlink/veth.h"

namespace kvs::lab {
namespace {

using netlink::Namespace;
using netlink::Socket;

constexpr char kUnderlayBridge[] = "br0";

Ip Address(const char* text) { return Ip::Parse(text).value(); }

Result<Namespace> Open(const std::string& netns) { return Namespace::Open(Namespace::Path(netns)); }

// A name that fits a link, for any name of a namespace.
std::string PortName(const std::string& netns) {
  return fmt::format("p{:014x}", StableHash(netns) & 0xff'ffff'ffff'ffff);
}

Mac MacOf(std::string_view name) {
  const uint64_t hash = StableHash(name);
  Mac mac{{0x02}};  // locally administered
  for (int i = 1; i < 6; ++i) mac.bytes[i] = static_cast<uint8_t>(hash >> (8 * i));
  return mac;
}

}  // namespace

const std::vector<Ip>& Underlay::Router() {
  static const std::vector<Ip> ips{Address("10.200.0.254"), Address("fd00:200::fe")};
  return ips;
}

const std::vector<Ip>& Underlay::World() {
  // Documentation addresses: RFC 5737, RFC 3849.
  static const std::vector<Ip> ips{Address("198.51.100.1"), Address("2001:db8:100::1")};
  return ips;
}

Result<> MakeUnderlay(const State& state) {
  const std::string netns = state.Netns("underlay");
  if (auto made = exec::MakeNetns(netns); !made) return made;
  auto space = Open(netns);
  if (!space) return tl::unexpected<Error>(space.error());
  auto socket = Socket::OpenIn(*space);
  if (!socket) return tl::unexpected<Error>(socket.error());
  return (*socket)->Do(std::vector{netlink::CreateLink(kUnderlayBridge, "bridge"),
                                   netlink::SetLink(kUnderlayBridge, {.up = true})});
}

Result<> Plug(const State& state, const std::string& netns, const std::string& nic) {
  auto underlay = Open(state.Netns("underlay"));
  if (!underlay) return tl::unexpected<Error>(underlay.error());
  auto host = Open(netns);
  if (!host) return tl::unexpected<Error>(host.error());
  auto socket = Socket::OpenIn(*underlay);
  if (!socket) return tl::unexpected<Error>(socket.error());
  const std::string port = PortName(netns);
  const netlink::Veth cable{.name = port,
                            .mac = MacOf(port),
                            .mtu = Underlay::kMtu,
                            .peer_name = nic,
                            .peer_mac = MacOf(netns)};
  auto bridge = netlink::FindLink(**socket, kUnderlayBridge);
  if (!bridge) return Wrap("underlay", bridge.error());
  if (auto made = netlink::CreateVeth(**socket, cable, *host); !made) return made;
  auto joined = (*socket)->Do(netlink::SetLink(port, {.up = true, .master = bridge->index}));
  if (!joined) return Wrap("plug in " + netns, joined.error());
  return host->Run([&]() -> Result<> {
    auto inside = Socket::Open();
    if (!inside) return tl::unexpected<Error>(inside.error());
    if (auto off = netlink::SetTxChecksumOffload(nic, false); !off) return off;
    return (*inside)->Do(netlink::SetLink(nic, {.up = true}));
  });
}

Result<> Unplug(const State& state, const std::string& netns) {
  auto underlay = Open(state.Netns("underlay"));
  if (!underlay) return tl::unexpected<Error>(underlay.error());
  auto socket = Socket::OpenIn(*underlay);
  if (!socket) return tl::unexpected<Error>(socket.error());
  return (*socket)->Do(netlink::DeleteLink(PortName(netns)));
}

Result<> MakeOutside(const State& state) {
  const std::string netns = state.Netns("outside");
  if (auto made = exec::MakeNetns(netns); !made) return made;
  if (auto plugged = Plug(state, netns, "eth0"); !plugged) return plugged;
  auto space = Open(netns);
  if (!space) return tl::unexpected<Error>(space.error());
  auto socket = Socket::OpenIn(*space);
  if (!socket) return tl::unexpected<Error>(socket.error());
  auto nic = netlink::FindLink(**socket, "eth0");
  auto lo = netlink::FindLink(**socket, "lo");
  if (!nic) return tl::unexpected<Error>(nic.error());
  if (!lo) return tl::unexpected<Error>(lo.error());
  std::vector<netlink::Request> requests;
  for (const Ip& ip : Underlay::Router()) {
    requests.push_back(netlink::AddAddress(
        {.link = nic->index, .ip = ip, .length = Underlay::Length(ip), .no_dad = true}));
  }
  for (const Ip& ip : Underlay::World()) {
    requests.push_back(
        netlink::AddAddress({.link = lo->index, .ip = ip, .length = ip.bits(), .no_dad = true}));
  }
  return (*socket)->Do(requests);
}

}  // namespace kvs::lab
