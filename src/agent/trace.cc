#include "agent/trace.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/number.h"
#include "pipeline/items.h"

namespace kvs::agent {
namespace {

namespace json = boost::json;
using pipeline::HostRoute;

constexpr uint16_t kSourcePort = 40000;
constexpr int kFirstTtl = 64;

// Takes values out of a query; keeps the first error.
class Fields {
 public:
  explicit Fields(const std::map<std::string, std::string>& query) : query_(query) {}

  const std::optional<Error>& wrong() const { return wrong_; }

  std::string Text(const std::string& name) {
    const auto found = query_.find(name);
    if (found != query_.end() && !found->second.empty()) return found->second;
    Refuse(name, "missing");
    return "";
  }
  Ip Address(const std::string& name) { return Take(name, Ip::Parse(Text(name))); }
  Mac Hardware(const std::string& name) { return Take(name, Mac::Parse(Text(name))); }
  // Decimal, or hexadecimal after "0x".
  uint64_t Number(const std::string& name, uint64_t least, uint64_t most) {
    const std::string text = Text(name);
    const bool hex = text.starts_with("0x");
    const auto number =
        WholeNumber<uint64_t>(std::string_view(text).substr(hex ? 2 : 0), hex ? 16 : 10);
    if (!number || *number < least || *number > most)
      Refuse(name, fmt::format("{} is not a number from {} to {}", text, least, most));
    return number.value_or(0);
  }
  std::string OneOf(const std::string& name, std::initializer_list<std::string_view> choices) {
    std::string text = Text(name);
    if (std::ranges::find(choices, text) == choices.end())
      Refuse(name, fmt::format("{} is not one of {}", text, fmt::join(choices, ", ")));
    return text;
  }
  void Refuse(const std::string& name, const std::string& why) {
    if (!wrong_) wrong_ = Error{fmt::format("{}: {}", name, why)};
  }

 private:
  template <class T>
  T Take(const std::string& name, const Result<T>& value) {
    if (!value) Refuse(name, value.error().message);
    return value.value_or(T());
  }

  const std::map<std::string, std::string>& query_;
  std::optional<Error> wrong_;
};

const Ip* OfFamily(const std::vector<Ip>& ips, Family family) {
  const auto it = std::ranges::find(ips, family, &Ip::family);
  return it == ips.end() ? nullptr : &*it;
}

bool AnyContains(const std::vector<Prefix>& ranges, const Ip& ip) {
  return std::ranges::any_of(ranges, [&](const Prefix& range) { return range.Contains(ip); });
}

// The name of the node that `is_it`; "" if there is none.
template <class Predicate>
std::string NodeThat(const world::World& world, Predicate is_it) {
  std::string name;
  world.nodes.ForEach([&](const world::Node& node) {
    if (is_it(node)) name = node.name;
  });
  return name;
}

std::string NodeAt(const world::World& world, const Ip& overlay_ip) {
  return NodeThat(world, [&](const world::Node& node) {
    return std::ranges::find(node.overlay_ips, overlay_ip) != node.overlay_ips.end();
  });
}

std::string NodeWithPod(const world::World& world, const Ip& pod) {
  return NodeThat(world,
                  [&](const world::Node& node) { return AnyContains(node.pod_ranges, pod); });
}

// 0: there is no tunnel.
flow::OfPort OverlayPort(const world::World& world) { return world.datapath.Find(0)->overlay_port; }

// The route of ours by which the host sends to `to`.
std::optional<HostRoute> RouteTo(const pipeline::Pipeline& pipeline, const Ip& to) {
  std::optional<HostRoute> best;
  pipeline.engine().desired<HostRoute>().ForEach([&](const HostRoute& route) {
    if (route.dst.Contains(to) && (!best || route.dst.length() > best->dst.length())) best = route;
  });
  return best;
}

// The part of the packet that is the same on every node.
std::string Headers(const TracedPacket& packet) {
  const bool four = packet.to.is4();
  std::string text = packet.protocol + (four ? "" : "6");
  if (packet.protocol == "icmp")
    text += four ? ",icmp_type=8,icmp_code=0" : ",icmpv6_type=128,icmpv6_code=0";
  else
    text += fmt::format(",{0}_src={1},{0}_dst={2}", packet.protocol, kSourcePort, packet.port);
  if (packet.protocol == "tcp") text += ",tcp_flags=0x2";
  return text + fmt::format(",{}={},{}={}", four ? "nw_src" : "ipv6_src", packet.from,
                            four ? "nw_dst" : "ipv6_dst", packet.to);
}

std::string Link(const Mac& source, const Mac& target, uint64_t ttl) {
  return fmt::format(",dl_src={},dl_dst={},nw_ttl={}", source, target, ttl);
}

void StartAtPod(const std::string& name, const world::World& world, Fields& fields,
                TracedPacket& packet) {
  const NamespacedName pod = NamespacedName::Parse(name);
  const world::Port* port = nullptr;
  world.ports.ForEach([&](const world::Port& one) {
    if (one.pod == pod && (port == nullptr || OfFamily(one.ips, packet.to.family()))) port = &one;
  });
  if (port == nullptr)
    return fields.Refuse("from", "pod " + name + ": not attached to this node; see: kvs get pods");
  const Ip* source = OfFamily(port->ips, packet.to.family());
  if (source == nullptr)
    return fields.Refuse("from",
                         fmt::format("pod {} has no address of {}'s family", name, packet.to));
  if (port->ofport == 0)
    return fields.Refuse(
        "from",
        fmt::format("pod {}: the switch has not assigned its port {} a number yet; try again", name,
                    port->name));
  packet.from = *source;
  packet.entry = fmt::format("from {} by port {}", name, port->name);
  packet.flow = fmt::format("in_port={},", port->ofport) + Headers(packet) +
                Link(port->mac, pipeline::kGatewayMac, kFirstTtl);
}

void StartAtHost(const world::Self& self, const pipeline::Pipeline& pipeline, Fields& fields,
                 TracedPacket& packet) {
  const auto route = RouteTo(pipeline, packet.to);
  if (!route || route->link != HostRoute::Link::kBridge || !route->src)
    return fields.Refuse(
        "to", fmt::format("{}: the host {} routes it itself, not through the switch", packet.to,
                          self.node));
  packet.from = *route->src;
  packet.entry = "from the host " + self.node;
  packet.flow =
      "in_port=LOCAL," + Headers(packet) + Link(self.local_mac, pipeline::kGatewayMac, kFirstTtl);
}

void GoOn(bool tunnel, const world::World& world, Fields& fields, TracedPacket& packet) {
  packet.from = fields.Address("source");
  if (!fields.wrong() && packet.from.family() != packet.to.family())
    return fields.Refuse("source", "has another family than to");
  const std::string link = Link(fields.Hardware("source-mac"), fields.Hardware("target-mac"),
                                fields.Number("ttl", 1, 255));
  if (!tunnel) {
    packet.entry = "by the host, routed from " + NodeWithPod(world, packet.from);
    packet.flow = "in_port=LOCAL," + Headers(packet) + link;
    return;
  }
  const Ip at = fields.Address("tunnel-target"), by = fields.Address("tunnel-source");
  const uint64_t key = fields.Number("tunnel-key", 0, UINT64_MAX);
  if (OverlayPort(world) == 0)
    return fields.Refuse("from", "this node has no tunnel port; see: kvs status");
  const char* family = at.is6() ? "ipv6_" : "";
  packet.entry = "out of the tunnel from " + NodeAt(world, by);
  packet.flow = fmt::format("in_port={},", OverlayPort(world)) + Headers(packet) + link +
                fmt::format(",tun_id={:#x},tun_{}src={},tun_{}dst={}", key, family, by, family, at);
}

// The value of `field` in "tcp,in_port=16,dl_src=..."; "" if it isn't there.
std::string FieldOf(std::string_view flow, const std::string& field) {
  const auto at = flow.find("," + field + "=");
  if (at == std::string_view::npos) return "";
  const auto value = flow.substr(at + field.size() + 2);
  return std::string(value.substr(0, value.find(',')));
}

// Who made the flow with this cookie, which is as the switch prints it: "0x1f". nullptr: nobody.
const pipeline::Owner* OwnerOf(const pipeline::Owners& owners, const std::string& cookie) {
  const auto found = owners.find(std::strtoull(cookie.c_str(), nullptr, 16));
  return found == owners.end() ? nullptr : &found->second.front();
}

struct Verdict {
  std::string outcome, text;
  std::optional<json::object> next;
};

class Judge {
 public:
  Judge(const TracedPacket& packet, const SwitchTrace& trace, const pipeline::Owners& owners,
        const world::World& world, const pipeline::Pipeline& pipeline)
      : packet_(packet),
        trace_(trace),
        owners_(owners),
        world_(world),
        pipeline_(pipeline),
        self_(*world.self.Find(0)) {}

  Verdict Decide() const {
    if (trace_.steps.empty()) return {"unknown", "unknown: can't parse ovs-vswitchd's answer"};
    if (trace_.output.empty()) return {"dropped", Dropped()};
    if (trace_.output == "LOCAL") return AtHost();
    if (!trace_.tunnel_to.empty() && trace_.output == fmt::to_string(OverlayPort(world_)))
      return Tunnelled();
    Verdict verdict{"unknown", "to port " + trace_.output + ", which isn't a pod's"};
    world_.ports.ForEach([&](const world::Port& port) {
      if (trace_.output == fmt::to_string(port.ofport))
        verdict = {"delivered", fmt::format("to {} by port {}", port.pod, port.name)};
    });
    return verdict;
  }

 private:
  std::string Dropped() const {
    const TraceStep& last = trace_.steps.back();
    const pipeline::Owner* owner = OwnerOf(owners_, last.cookie);
    const bool explained = owner != nullptr && !owner->why.empty();
    return "dropped in table " + last.table + (explained ? ": " + owner->why : "");
  }

  Verdict AtHost() const {
    const std::string host = "to the host " + self_.node;
    const Ip& to = packet_.to;
    if (AnyOf(self_.gateways, to) || world_.addresses.Find(to) != nullptr) return {"host", host};
    if (AnyContains(world_.cluster.Find(0)->services, to))
      return {"host", host + ", where kube-proxy forwards it to an endpoint of the Service"};
    const auto route = RouteTo(pipeline_, to);
    const std::string node = NodeWithPod(world_, to);
    if (route && route->link == HostRoute::Link::kAny && !node.empty())
      return {"forwarded", host + ", which routes it to " + node,
              json::object{{"node", node}, {"packet", "from=route" + Continuation()}}};
    return {"host", host + ", which forwards it by its own routes"};
  }

  Verdict Tunnelled() const {
    const auto to = Ip::Parse(trace_.tunnel_to);
    const std::string node = to ? NodeAt(world_, *to) : "";
    Verdict verdict{"forwarded",
                    fmt::format("into the tunnel to {}, {}",
                                node.empty() ? "an unknown node" : node, trace_.tunnel_to)};
    const world::Node* own = world_.nodes.Find(self_.node);
    const Ip* from = to && own ? OfFamily(own->overlay_ips, to->family()) : nullptr;
    if (node.empty() || from == nullptr) return verdict;
    verdict.next = json::object{
        {"node", node},
        {"packet", "from=tunnel" + Continuation() +
                       fmt::format("&tunnel-source={}&tunnel-target={}&tunnel-key={}", *from, *to,
                                   trace_.tunnel_key.empty() ? "0" : trace_.tunnel_key)}};
    return verdict;
  }

  std::string Continuation() const {
    std::string text =
        fmt::format("&source={}&to={}&protocol={}", packet_.from, packet_.to, packet_.protocol);
    if (packet_.port != 0) text += fmt::format("&port={}", packet_.port);
    return text +
           fmt::format("&source-mac={}&target-mac={}&ttl={}", FieldOf(trace_.last_flow, "dl_src"),
                       FieldOf(trace_.last_flow, "dl_dst"), FieldOf(trace_.last_flow, "nw_ttl"));
  }

  static bool AnyOf(const std::vector<Ip>& ips, const Ip& ip) {
    return std::ranges::find(ips, ip) != ips.end();
  }

  const TracedPacket& packet_;
  const SwitchTrace& trace_;
  const pipeline::Owners& owners_;
  const world::World& world_;
  const pipeline::Pipeline& pipeline_;
  const world::Self& self_;
};

}  // namespace

Result<TracedPacket> ReadPacket(const std::map<std::string, std::string>& query,
                                const world::World& world, const pipeline::Pipeline& pipeline) {
  const world::Self* self = world.self.Find(0);
  if (self == nullptr) return Fail("this node's network is not known yet; see: kvs status");
  Fields fields(query);
  TracedPacket packet;
  packet.to = fields.Address("to");
  packet.protocol = fields.OneOf("protocol", {"tcp", "udp", "icmp"});
  if (packet.protocol != "icmp")
    packet.port = static_cast<uint16_t>(fields.Number("port", 1, UINT16_MAX));
  const std::string from = fields.Text("from");
  if (!fields.wrong()) {
    if (from == "node")
      StartAtHost(*self, pipeline, fields, packet);
    else if (from == "tunnel" || from == "route")
      GoOn(from == "tunnel", world, fields, packet);
    else
      StartAtPod(from, world, fields, packet);
  }
  if (fields.wrong()) return tl::unexpected(*fields.wrong());
  return packet;
}

json::object HopOf(const TracedPacket& packet, const SwitchTrace& trace, const world::World& world,
                   const pipeline::Pipeline& pipeline) {
  const pipeline::Owners owners = pipeline.FindOwners();
  json::array steps;
  for (const TraceStep& step : trace.steps) {
    std::string owner;
    if (const pipeline::Owner* found = OwnerOf(owners, step.cookie))
      owner = fmt::format("{} of {}", found->rule, found->Object());
    steps.push_back(
        json::object{{"table", step.table},
                     {"flow", step.flow},
                     {"cookie", step.cookie},
                     {"owner", owner},
                     {"actions", json::array(step.actions.begin(), step.actions.end())}});
  }
  Verdict verdict = Judge(packet, trace, owners, world, pipeline).Decide();
  json::object hop = {{"node", world.self.Find(0)->node},
                      {"entry", packet.entry},
                      {"steps", std::move(steps)},
                      {"verdict", verdict.text},
                      {"outcome", verdict.outcome}};
  if (verdict.next) hop["next"] = std::move(*verdict.next);
  return hop;
}

}  // namespace kvs::agent
