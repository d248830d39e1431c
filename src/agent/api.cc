#include "agent/api.h"

#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "agent/metrics.h"
#include "agent/trace.h"
#include "base/log.h"
#include "base/version.h"
#include "io/metrics.h"
#include "ovsdb/attachment.h"
#include "pipeline/describe.h"

namespace kvs::agent {
namespace {

namespace json = boost::json;
using io::HttpRequest;
using io::HttpResponse;

HttpResponse Json(const json::value& value, int status = 200) {
  return {status, "application/json", json::serialize(value) + "\n"};
}

template <class T>
json::array Texts(const std::vector<T>& values) {
  json::array all;
  for (const T& value : values) all.emplace_back(value.ToString());
  return all;
}

std::string_view Name(world::Overlay overlay) {
  switch (overlay) {
    case world::Overlay::kNone:
      return "none";
    case world::Overlay::kVxlan:
      return "vxlan";
    case world::Overlay::kGre:
      return "gre";
    case world::Overlay::kGeneve:
      return "geneve";
  }
  return "";
}

json::value Status(const Agent& agent) {
  const std::vector<Problem> found = agent.Problems();
  json::array problems;
  for (const Problem& problem : found)
    problems.push_back(json::object{{"object", problem.object},
                                    {"field", problem.field},
                                    {"message", problem.message},
                                    {"reason", problem.reason}});
  json::object status = {{"node", agent.options().node_name},
                         {"version", kVersion},
                         {"ready", agent.serving(found)},
                         {"problems", problems}};
  if (const world::Self* self = agent.world().self.Find(0))
    status["network"] = {{"podRanges", Texts(self->pod_ranges)},
                         {"clusterRanges", Texts(agent.world().cluster.Find(0)->pods)},
                         {"gateways", Texts(self->gateways)},
                         {"overlay", Name(self->overlay)},
                         {"mtu", self->mtu},
                         {"datapath", agent.OnNetdev() ? "netdev" : "system"},
                         {"datapathNote", agent.DatapathNote()}};
  const auto& switch_part = agent.outputs().flows;
  const auto& counters = switch_part.counters();
  const ovsdb::OpenVSwitch* root = agent.ovsdb().replica().root();
  status["switch"] = {{"ovsVersion", root == nullptr ? "" : root->ovs_version.value_or("")},
                      {"flows", agent.pipeline().engine().desired<flow::Flow>().size()},
                      {"synced", switch_part.applied() > 0},
                      {"revision", agent.pipeline().engine().revision()},
                      {"applied", switch_part.applied()},
                      {"changesSent", counters.changes},
                      {"repairs", counters.repairs}};
  status["cniNote"] = agent.CniNote();
  status["pods"] = agent.world().ports.size();
  status["nodes"] = agent.world().nodes.size();
  return status;
}

json::value Ports(const Agent& agent) {
  json::array ports;
  agent.world().ports.ForEach([&](const world::Port& port) {
    const ovsdb::Interface* interface = agent.ovsdb().replica().interfaces.Find(port.name);
    const bool realized =
        interface != nullptr && interface->external_ids.contains(ovsdb::kRealizedKey);
    ports.push_back(json::object{{"name", port.name},
                                 {"ofport", port.ofport},
                                 {"mac", port.mac.ToString()},
                                 {"ips", Texts(port.ips)},
                                 {"pod", port.pod.ToString()},
                                 {"container", port.container},
                                 {"realized", realized}});
  });
  std::ranges::sort(ports, {}, [](const json::value& p) { return p.at("name").as_string(); });
  return json::object{{"ports", std::move(ports)}};
}

json::value Pods(const Agent& agent) {
  json::array pods;
  agent.world().ports.ForEach([&](const world::Port& port) {
    pods.push_back(json::object{{"pod", port.pod.ToString()},
                                {"ips", Texts(port.ips)},
                                {"port", port.name},
                                {"node", agent.options().node_name}});
  });
  std::ranges::sort(pods, {}, [](const json::value& p) { return p.at("pod").as_string(); });
  return json::object{{"pods", std::move(pods)}};
}

json::value Flows(const Agent& agent, std::vector<openflow::InstalledFlow> flows) {
  const pipeline::Owners owners = agent.pipeline().FindOwners();
  std::ranges::sort(flows, [](const auto& a, const auto& b) {
    if (a.flow.key.table != b.flow.key.table) return a.flow.key.table < b.flow.key.table;
    if (a.flow.key.priority != b.flow.key.priority)
      return a.flow.key.priority > b.flow.key.priority;
    return a.flow.key.match < b.flow.key.match;
  });
  json::array all;
  for (const auto& installed : flows) {
    const flow::Flow& flow = installed.flow;
    json::object one = {
        {"table", flow.key.table},           {"tableName", pipeline::NameOfTable(flow.key.table)},
        {"priority", flow.key.priority},     {"match", flow.key.match.ToString()},
        {"actions", ToString(flow.actions)}, {"cookie", fmt::format("{:#x}", flow.cookie)},
        {"packets", installed.packets},      {"bytes", installed.bytes}};
    if (const auto owner = owners.find(flow.cookie); owner != owners.end())
      one["owner"] = {{"rule", owner->second.front().rule},
                      {"row", owner->second.front().row},
                      {"object", owner->second.front().Object()}};
    all.push_back(std::move(one));
  }
  return json::object{{"flows", std::move(all)}};
}

void ReplyFlows(Agent& agent, const io::HttpServer::Reply& reply) {
  if (!agent.openflow().up())
    return reply(
        {503, "text/plain; charset=utf-8", "the switch is not connected; see /v1/status\n"});
  auto flows = std::make_shared<std::vector<openflow::InstalledFlow>>();
  agent.openflow().DumpFlows(
      {},
      [flows](std::vector<openflow::InstalledFlow> batch) {
        std::ranges::move(batch, std::back_inserter(*flows));
      },
      [&agent, flows, reply](const Result<>& done) {
        if (!done) return reply({503, "text/plain; charset=utf-8", done.error().message + "\n"});
        reply(Json(Flows(agent, std::move(*flows))));
      });
}

void ReplyTrace(Agent& agent, const HttpRequest& request, const io::HttpServer::Reply& reply) {
  const auto packet = ReadPacket(request.query, agent.world(), agent.pipeline());
  if (!packet) return reply({400, "text/plain; charset=utf-8", packet.error().message + "\n"});
  agent.vswitchd().Ask(
      "ofproto/trace", {ovsdb::kBridgeName, packet->flow},
      [&agent, packet = *packet, reply](const Result<std::string>& said) {
        if (!said) return reply({503, "text/plain; charset=utf-8", said.error().message + "\n"});
        reply(Json(HopOf(packet, ParseTrace(*said), agent.world(), agent.pipeline())));
      });
}

HttpResponse SetLogLevel(const HttpRequest& request) {
  if (request.method != "PUT") return {405, "text/plain; charset=utf-8", "use PUT\n"};
  const auto level = request.query.find("level");
  const auto done = log::SetLevel(level == request.query.end() ? "" : level->second);
  if (!done) return {400, "text/plain; charset=utf-8", done.error().message + "\n"};
  return {200, "text/plain; charset=utf-8", "ok\n"};
}

std::optional<HttpResponse> Health(Agent& agent, const HttpRequest& request) {
  if (request.path == "/healthz") return HttpResponse{200, "text/plain; charset=utf-8", "ok\n"};
  if (request.path == "/metrics")
    return HttpResponse{200, io::kMetricsType, MetricsText(FiguresOf(agent))};
  if (request.path != "/readyz") return std::nullopt;
  std::string wrong;
  const std::vector<Problem> problems = agent.Problems();
  const bool serving = agent.serving(problems);
  for (const Problem& problem : problems) wrong += problem.ToString() + "\n";
  if (wrong.empty()) wrong = serving ? "ok\n" : "starting\n";
  return HttpResponse{serving ? 200 : 503, "text/plain; charset=utf-8", wrong};
}

HttpResponse NotFound(const HttpRequest& request) {
  return {404, "text/plain; charset=utf-8", request.path + " is not served here\n"};
}

}  // namespace

void ServeHealth(Agent& agent, const HttpRequest& request, const io::HttpServer::Reply& reply) {
  reply(Health(agent, request).value_or(NotFound(request)));
}

void Serve(Agent& agent, const HttpRequest& request, const io::HttpServer::Reply& reply) {
  if (const auto health = Health(agent, request)) return reply(*health);
  if (request.path == "/v1/status") return reply(Json(Status(agent)));
  if (request.path == "/v1/ports") return reply(Json(Ports(agent)));
  if (request.path == "/v1/pods") return reply(Json(Pods(agent)));
  if (request.path == "/v1/flows") return ReplyFlows(agent, reply);
  if (request.path == "/v1/trace") return ReplyTrace(agent, request, reply);
  if (request.path == "/v1/log-level") return reply(SetLogLevel(request));
  reply(NotFound(request));
}

}  // namespace kvs::agent
