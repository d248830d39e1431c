#include "cli/connectivity/connectivity_plan.h"

#include <algorithm>
#include <map>

#include "cli/inspect/trace.h"

namespace kvs::cli {
namespace {

using probe::Cell;
using probe::Endpoint;
using probe::MatrixCell;
using probe::Protocol;

constexpr char kName[] = "kubernetes.default.svc";

void AddTargets(const Endpoint& pod, const Targets& targets, std::vector<MatrixCell>& cells) {
  const auto add = [&](const std::string& to, const char* kind, const Cell& cell) {
    cells.push_back({.from = pod.name, .to = to, .kind = kind, .cell = cell});
  };
  for (const Ip& ip : targets.service)
    for (const auto protocol : {Protocol::kTcp, Protocol::kUdp})
      add(targets.service_name, "pod to Service", {.protocol = protocol, .address = ip});
  for (const Ip& ip : targets.api_server)
    add("svc/default/kubernetes", "pod to API server",
        {.address = ip, .port = 443, .greets = false});
  if (targets.dns)
    add(kName, "pod resolves a name", {.protocol = Protocol::kDns, .identity = kName});
  if (targets.external)
    add("external", "pod to external",
        {.address = targets.external->address, .port = targets.external->port, .greets = false});
}

// Of each pair of pods that is in `cells`.
std::vector<MatrixCell> PlanPairs(const std::vector<MatrixCell>& cells,
                                  const std::map<std::string, const Endpoint*>& pods) {
  std::vector<MatrixCell> full, seen;
  for (MatrixCell cell : cells) {
    if (!pods.contains(cell.from) || !pods.contains(cell.to)) continue;
    if (cell.cell.protocol == Protocol::kUdp) {
      cell.kind = "pod to pod, full MTU";
      cell.cell.full = true;
      full.push_back(cell);
      continue;
    }
    const auto& ips = pods.at(cell.from)->ips;
    const bool four = cell.cell.address.is4();
    cell.kind = "pod seen by its own address";
    cell.cell.seen_as = *std::ranges::find_if(ips, [&](const Ip& ip) { return ip.is4() == four; });
    seen.push_back(cell);
  }
  full.insert(full.end(), seen.begin(), seen.end());
  return full;
}

}  // namespace

Result<External> ParseExternal(const std::string& text) {
  const auto read = ReadNameAndPort(text);
  if (!read) return Fail("--external {}", read.error().message);
  const auto ip = Ip::Parse(read->name);
  if (!ip) return Wrap("--external", ip.error());
  External external{.address = *ip};
  if (read->port != 0) external.port = read->port;
  return external;
}

std::vector<Endpoint::Listener> ListenersOfPod() { return {{}, {.protocol = Protocol::kUdp}}; }

std::vector<Endpoint::Listener> ListenersOfNode(uint16_t kubelet_port) {
  return {{.port = kubelet_port, .greets = false}};
}

std::vector<MatrixCell> PlanConnectivity(const std::vector<Endpoint>& endpoints,
                                         const Targets& targets) {
  std::map<std::string, const Endpoint*> pods;
  for (const Endpoint& endpoint : endpoints)
    if (endpoint.kind == Endpoint::Kind::kPod) pods[endpoint.name] = &endpoint;
  std::vector<MatrixCell> cells = probe::PlanMatrix(endpoints);
  const auto pairs = PlanPairs(cells, pods);
  cells.insert(cells.end(), pairs.begin(), pairs.end());
  for (const auto& [name, pod] : pods) AddTargets(*pod, targets, cells);
  return cells;
}

}  // namespace kvs::cli
