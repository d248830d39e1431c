#include "lab/trace.h"

#include <charconv>
#include <map>
#include <sstream>

#include "pipeline/tables.h"

namespace kvs::lab {
namespace {

constexpr char kPodBridge[] = "k-vswitch0";
constexpr char kTunnel[] = "overlay0";
constexpr char kGatewayMac[] = "0a:58:a9:fe:01:01";
constexpr size_t kMostHops = 4;

// The value of `field` in "tcp,in_port=16,dl_src=..."; "" if it isn't there.
std::string FieldOf(std::string_view flow, std::string_view field) {
  const std::string key = fmt::format(",{}=", field);
  const auto at = flow.find(key);
  if (at == std::string_view::npos) return "";
  const auto value = flow.substr(at + key.size());
  return std::string(value.substr(0, value.find(',')));
}

std::string TableName(std::string_view number) {
  size_t table = pipeline::kTables.size();
  std::from_chars(number.data(), number.data() + number.size(), table);
  return table < pipeline::kTables.size() ? std::string(pipeline::kTables[table].name)
                                          : std::string(number);
}

std::string_view Trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

// "12. ct_state=..." -> the number before the dot, "" if the line is none of a table.
std::string_view TableOf(std::string_view line) {
  const auto text = Trimmed(line);
  const auto digits = text.find_first_not_of("0123456789");
  return digits > 0 && digits != std::string_view::npos && text.substr(digits, 2) == ". "
             ? text.substr(0, digits)
             : std::string_view();
}

// OpenFlow port numbers by name, from dpif/show: "    kv3 19/4: (system)".
Result<std::map<std::string, std::string>> Ports(const Node& node) {
  const auto shown = node.Appctl("dpif/show", {});
  if (!shown) return Wrap(node.name(), shown.error());
  std::map<std::string, std::string> ports;
  std::istringstream lines(*shown);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, number;
    words >> name >> number;
    const auto slash = number.find('/');
    if (slash != std::string::npos) ports[name] = number.substr(0, slash);
  }
  return ports;
}

std::string Protocols(const TraceRequest& request) {
  const bool four = request.to.is4();
  switch (request.protocol) {
    case Protocol::kTcp:
      return fmt::format("{},tp_src=40000,tp_dst={},tcp_flags=0x2", four ? "tcp" : "tcp6",
                         request.port);
    case Protocol::kUdp:
      return fmt::format("{},tp_src=40000,tp_dst={}", four ? "udp" : "udp6", request.port);
    case Protocol::kIcmp:
      break;
  }
  return four ? "icmp,icmp_type=8,icmp_code=0" : "icmp6,icmpv6_type=128,icmpv6_code=0";
}

// What identifies the packet, whatever switch it is in.
std::string Addresses(const TraceRequest& request, const Ip& from) {
  const bool four = from.is4();
  return fmt::format("{},{}={},{}={}", Protocols(request), four ? "nw_src" : "ipv6_src", from,
                     four ? "nw_dst" : "ipv6_dst", request.to);
}

const Node* OwnerOf(const Lab& lab, const std::string& address) {
  const auto ip = Ip::Parse(address);
  for (const auto& [name, node] : lab.nodes()) {
    for (const Ip& own : node->addresses()) {
      if (ip && own == *ip) return node.get();
    }
  }
  return nullptr;
}

std::string Verdict(const Lab& lab, const SwitchTrace& trace, const Node& node,
                    const std::map<std::string, std::string>& ports) {
  if (!trace.tunnel_to.empty()) {
    const Node* peer = OwnerOf(lab, trace.tunnel_to);
    return fmt::format("into the tunnel to {}, {}", peer ? peer->name() : "nobody we know",
                       trace.tunnel_to);
  }
  if (trace.output.empty()) return "dropped";
  if (trace.output == "LOCAL") return "to the host " + node.name();
  for (const auto& [name, pod] : lab.pods()) {
    const auto port = ports.find(pod.port);
    if (pod.node == node.name() && port != ports.end() && port->second == trace.output)
      return fmt::format("to {} by port {}", name, pod.port);
  }
  return "to port " + trace.output;
}

Result<SwitchTrace> Ask(const Node& node, const std::string& packet) {
  const auto text = node.Appctl("ofproto/trace", {kPodBridge, packet});
  if (!text) return Wrap(node.name(), text.error());
  return ParseTrace(*text);
}

// The packet as `peer` gets it out of the tunnel from `node`.
Result<std::string> Tunnelled(const SwitchTrace& trace, const Node& node, const Node& peer,
                              const std::string& addresses) {
  const auto ports = Ports(peer);
  if (!ports) return tl::unexpected<Error>(ports.error());
  const auto tunnel = ports->find(kTunnel);
  if (tunnel == ports->end()) return Fail("{}: has no port {}", peer.name(), kTunnel);
  const auto to = Ip::Parse(trace.tunnel_to);
  if (!to) return tl::unexpected<Error>(to.error());
  std::string from;
  for (const Ip& ip : node.addresses()) {
    if (ip.is4() == to->is4()) from = ip.ToString();
  }
  const char* family = to->is4() ? "" : "ipv6_";
  std::string packet = fmt::format("in_port={},{},tun_{}src={},tun_{}dst={}", tunnel->second,
                                   addresses, family, from, family, trace.tunnel_to);
  if (!trace.tunnel_key.empty()) packet += ",tun_id=" + trace.tunnel_key;
  for (const char* field : {"dl_src", "dl_dst", "nw_ttl"}) {
    if (const auto value = FieldOf(trace.last_flow, field); !value.empty())
      packet += fmt::format(",{}={}", field, value);
  }
  return packet;
}

// "ip, priority 300, cookie 0x1" of a table's line.
TraceStep StepOf(std::string_view table, std::string_view flow) {
  constexpr std::string_view kCookie = ", cookie ";
  const auto at = flow.find(kCookie);
  TraceStep step{.table = TableName(table), .flow = std::string(flow.substr(0, at))};
  if (at != std::string_view::npos) step.cookie = flow.substr(at + kCookie.size());
  return step;
}

// What an action sets the field to; "" if it sets another, or none.
std::string_view SetTo(std::string_view action, std::string_view field) {
  constexpr std::string_view kSet = "set_field:", kArrow = "->";
  if (!action.starts_with(kSet) || !action.ends_with(field)) return "";
  const auto value = action.substr(kSet.size(), action.size() - kSet.size() - field.size());
  return value.ends_with(kArrow) ? value.substr(0, value.size() - kArrow.size()) : "";
}

void TakeAction(std::string_view action, SwitchTrace& trace) {
  if (action.starts_with("->") || action.starts_with("goto_table:") ||
      action.starts_with("resubmit(") || action.starts_with("Resuming from table") ||
      action == "thaw" || trace.steps.empty())
    return;
  if (action.starts_with("output:")) trace.output = action.substr(7);
  if (action == "LOCAL") trace.output = action;
  if (const auto key = SetTo(action, "tun_id"); !key.empty()) trace.tunnel_key = key;
  for (const char* field : {"tun_dst", "tun_ipv6_dst"})
    if (const auto address = SetTo(action, field); !address.empty()) trace.tunnel_to = address;
  auto& actions = trace.steps.back().actions;
  // After a ct() come its nested actions once more, and the drop of the packet that was cloned.
  const bool after_ct = !actions.empty() && actions.back().starts_with("ct(");
  if (after_ct && (action == "drop" || actions.back().find(action) != std::string::npos)) return;
  actions.emplace_back(action);
}

}  // namespace

SwitchTrace ParseTrace(std::string_view text) {
  SwitchTrace trace;
  std::istringstream lines{std::string(text)};
  bool ours = true;  // within k-vswitch0; the packet goes on through br-phy
  for (std::string line; std::getline(lines, line);) {
    const auto trimmed = Trimmed(line);
    const auto table = TableOf(line);
    if (trimmed.starts_with("bridge(")) {
      ours = trimmed.find(kPodBridge) != std::string_view::npos;
    } else if (trimmed.starts_with("Flow: ")) {
      trace.last_flow = trimmed.substr(6);
      ours = true;
    } else if (trimmed.starts_with("Final flow: ")) {
      if (trimmed != "Final flow: unchanged") trace.last_flow = trimmed.substr(12);
    } else if (ours && !table.empty()) {
      trace.steps.push_back(StepOf(table, trimmed.substr(table.size() + 2)));
    } else if (ours && line.starts_with("    ")) {
      TakeAction(trimmed, trace);
    }
  }
  if (trace.output.empty()) trace.tunnel_to.clear();
  return trace;
}

Result<std::vector<Hop>> Trace(const Lab& lab, const TraceRequest& request) {
  const auto pod = lab.pods().find(request.from);
  if (pod == lab.pods().end())
    return Fail("pod {}: not attached; see: kvs lab status", request.from);
  const Ip* source = nullptr;
  for (const Ip& ip : pod->second.ips) {
    if (ip.is4() == request.to.is4()) source = &ip;
  }
  if (!source) return Fail("pod {}: has no address of {}'s family", request.from, request.to);
  const std::string addresses = Addresses(request, *source);
  const Node* node = &lab.node(pod->second.node);
  auto ports = Ports(*node);
  if (!ports) return tl::unexpected<Error>(ports.error());
  std::string packet =
      fmt::format("in_port={},{},dl_src={},dl_dst={},nw_ttl=64", (*ports)[pod->second.port],
                  addresses, pod->second.mac, kGatewayMac);
  std::vector<Hop> hops;
  std::string entry = fmt::format("from {} by port {}", request.from, pod->second.port);
  while (hops.size() < kMostHops) {
    auto trace = Ask(*node, packet);
    if (!trace) return tl::unexpected<Error>(trace.error());
    hops.push_back({node->name(), entry, trace->steps, Verdict(lab, *trace, *node, *ports)});
    const Node* peer = OwnerOf(lab, trace->tunnel_to);
    if (!peer) break;
    auto arriving = Tunnelled(*trace, *node, *peer, addresses);
    if (!arriving) return tl::unexpected<Error>(arriving.error());
    packet = std::move(*arriving);
    entry = "out of the tunnel from " + node->name();
    node = peer;
    ports = Ports(*node);
    if (!ports) return tl::unexpected<Error>(ports.error());
  }
  return hops;
}

std::string ToText(const std::vector<Hop>& hops) {
  std::string text;
  for (const auto& hop : hops) {
    text += fmt::format("{}  {}\n", hop.node, hop.entry);
    for (const auto& step : hop.steps) {
      const auto& who = step.owner.empty() ? step.cookie : step.owner;
      text += fmt::format("  {:<10} {}{}\n", step.table, step.flow,
                          who.empty() ? "" : "  [" + who + "]");
      for (const auto& action : step.actions) text += fmt::format("  {:<10}   {}\n", "", action);
    }
    text += fmt::format("  => {}\n", hop.verdict);
  }
  return text;
}

}  // namespace kvs::lab
