#include "cli/inspect/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/number.h"
#include "cli/terminal/json_at.h"
#include "cli/terminal/output.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

constexpr size_t kMostHops = 4;

tl::unexpected<Failure> Misused(std::string message) {
  return tl::unexpected(Failure{kUsage, std::move(message)});
}

Traced<json::value> AskHop(const AgentTransport& ask, const std::string& node,
                           const std::string& query) {
  const auto answer = ask(node, "/v1/trace?" + query);
  const auto failed = [&](ExitCode code, std::string_view why) {
    return tl::unexpected(
        Failure{code, fmt::format("{}: {}", node, why.substr(0, why.find('\n')))});
  };
  if (!answer) return failed(kUnreachable, answer.error().message);
  if (answer->status == 400) return failed(kUsage, answer->body);
  if (answer->status != 200) return failed(kUnreachable, answer->body);
  auto hop = ParseObject(answer->body, "the agent");
  if (!hop) return failed(kFailed, hop.error().message);
  return *hop;
}

// The end that `name` stands for, and its address; for an address only that.
Traced<std::pair<PacketEnd, Ip>> TargetOf(const std::string& name, bool ipv6, const FindEnd& find) {
  if (const auto ip = Ip::Parse(name)) return std::pair(PacketEnd(), *ip);
  const auto end = find(name);
  if (!end) return tl::unexpected(end.error());
  for (const Ip& ip : end->ips)
    if (ip.is6() == ipv6) return std::pair(*end, ip);
  return Misused(fmt::format("{}: has no {} address", name, ipv6 ? "IPv6" : "IPv4"));
}

// Why other nodes have no route to this pod: its address is outside its node's ranges. "": it
// isn't, or that is unknown, for example without a tunnel, where the network may have a route.
std::string WhyCutOff(const PacketEnd& end, Family family, const AgentTransport& ask) {
  if (end.node.empty() || end.from == "node") return "";
  const auto answer = ask(end.node, "/v1/status");
  if (!answer || answer->status != 200) return "";
  const auto status = ParseObject(answer->body, "the agent");
  if (!status || TextAt(*status, "/network/overlay") == "none") return "";
  std::vector<Prefix> ranges;
  for (const json::value& text : ListAt(*status, "/network/podRanges"))
    if (const auto range = Prefix::Parse(TextAt(text, ""))) ranges.push_back(*range);
  const auto ip = std::ranges::find(end.ips, family, &Ip::family);
  if (ranges.empty() || ip == end.ips.end() ||
      std::ranges::any_of(ranges, [&](const Prefix& range) { return range.Contains(*ip); }))
    return "";
  return fmt::format(
      "{} has {}, which is outside the pod ranges of {} ({}), so other nodes don't reach it; "
      "delete "
      "the pod so that it is recreated, or, where another IPAM plugin chose the address, let it "
      "choose from these ranges",
      end.from, *ip, end.node, Join(ranges));
}

// Why the packet is lost because of one of its ends; "": it isn't.
std::string WhyLost(const Packet& packet, const PacketPath& path, const AgentTransport& ask) {
  if (path.failure || path.hops.empty()) return "";
  const json::value& last = path.hops.back();
  const std::string outcome = TextAt(last, "/outcome");
  if (outcome == "delivered" && TextAt(last, "/node") == packet.target.node) return "";
  std::string why = WhyCutOff(packet.target, packet.to.family(), ask);
  if (why.empty() && outcome == "dropped") why = WhyCutOff(packet.source, packet.to.family(), ask);
  return why;
}

}  // namespace

Traced<NameAndPort> ReadNameAndPort(const std::string& text) {
  NameAndPort target{.name = text};
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string::npos) return Misused(text + ": the bracket is not closed");
    target.name = text.substr(1, close - 1);
    port = std::string_view(text).substr(close + 1);
  } else if (std::ranges::count(text, ':') == 1) {
    target.name = text.substr(0, text.find(':'));
    port = std::string_view(text).substr(target.name.size());
  }
  if (port.empty()) return target;
  target.port = WholeNumber<uint16_t>(port.substr(1)).value_or(0);
  if (!port.starts_with(':') || target.port == 0)
    return Misused(text + ": after the colon comes a port from 1 to 65535");
  return target;
}

ExitCode PacketPath::code() const {
  if (failure) return failure->code;
  const std::string outcome = hops.empty() ? "" : TextAt(hops.back(), "/outcome");
  return outcome == "delivered" || outcome == "forwarded" || outcome == "host" ? kOk : kFailed;
}

PacketPath Follow(const Packet& packet, const AgentTransport& ask) {
  PacketPath path;
  std::string node = packet.node;
  std::string query = fmt::format("from={}&to={}&protocol={}&port={}", packet.from, packet.to,
                                  packet.protocol, packet.port);
  while (!query.empty() && path.hops.size() < kMostHops) {
    auto hop = AskHop(ask, node, query);
    if (!hop) {
      path.failure = hop.error();
      return path;
    }
    node = TextAt(*hop, "/next/node");
    query = TextAt(*hop, "/next/packet");
    path.hops.push_back(std::move(*hop));
  }
  if (!query.empty())
    path.failure =
        Failure{kFailed, fmt::format("after {} nodes it still goes on, to {}", kMostHops, node)};
  return path;
}

Text ToText(const PacketPath& path) {
  Text text;
  for (const json::value& hop : path.hops) {
    text += Text::Format("{}  {}\n", TextAt(hop, "/node"), TextAt(hop, "/entry"));
    for (const json::value& step : ListAt(hop, "/steps")) {
      std::string who = TextAt(step, "/owner");
      if (who.empty()) who = TextAt(step, "/cookie");
      text += Text::Format("  {:<10} {}{}\n", TextAt(step, "/table"), TextAt(step, "/flow"),
                           who.empty() ? "" : "  [" + who + "]");
      for (const json::value& action : ListAt(step, "/actions"))
        text += Text::Format("  {:<10}   {}\n", "", TextAt(action, ""));
    }
    text += Text::Format("  => {}\n", TextAt(hop, "/verdict"));
  }
  return text;
}

Traced<Packet> ReadArguments(const TraceArguments& arguments, const FindEnd& find) {
  const auto target = ReadNameAndPort(arguments.to);
  if (!target) return tl::unexpected(target.error());
  if (target->port != 0 && arguments.port != 0 && target->port != arguments.port)
    return Misused(
        fmt::format("{}: the flag says port {}; give it once", arguments.to, arguments.port));
  const auto source = find(arguments.from);
  if (!source) return tl::unexpected(source.error());
  if (source->node.empty())
    return Misused(arguments.from +
                   ": a packet starts at a pod or a node: NAMESPACE/POD, a pod's IP, or "
                   "node/NAME");
  const auto to = TargetOf(target->name, arguments.ipv6, find);
  if (!to) return tl::unexpected(to.error());
  const uint16_t port = target->port != 0 ? target->port : arguments.port;
  return Packet{.node = source->node,
                .from = source->from,
                .to = to->second,
                .protocol = arguments.protocol,
                .port = port != 0 ? port : arguments.default_port,
                .source = *source,
                .target = to->first};
}

int Trace(const TraceArguments& arguments, const FindEnd& find, const AgentTransport& ask) {
  const auto packet = ReadArguments(arguments, find);
  if (!packet) {
    PrintError(packet.error().message);
    return packet.error().code;
  }
  PacketPath path = Follow(*packet, ask);
  if (std::string why = WhyLost(*packet, path, ask); !why.empty())
    path.failure = Failure{kFailed, std::move(why)};
  Print("{}", arguments.json ? JsonText(path.hops) : ToText(path));
  if (path.failure) PrintError(path.failure->message);
  return path.code();
}

}  // namespace kvs::cli
