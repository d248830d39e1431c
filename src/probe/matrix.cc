#include "probe/matrix.h"

#include <algorithm>
#include <map>

#include "exec/parallel.h"

namespace kvs::probe {
namespace {

using std::chrono::milliseconds;

std::string KindOf(const Endpoint& from, const Endpoint& to) {
  const auto word = [](const Endpoint& endpoint) {
    return endpoint.kind == Endpoint::Kind::kPod    ? "pod"
           : endpoint.kind == Endpoint::Kind::kNode ? "node"
                                                    : "outside";
  };
  const bool out = to.kind == Endpoint::Kind::kOutside || from.kind == Endpoint::Kind::kOutside;
  const char* where = out ? "" : from.node == to.node ? ", same node" : ", across nodes";
  return fmt::format("{} to {}{}", word(from), word(to), where);
}

// Whether packets of this family get out of the endpoint's node.
bool HasUplink(const std::vector<Endpoint>& endpoints, const Endpoint& from, Family family) {
  for (const auto& node : endpoints) {
    if (node.kind != Endpoint::Kind::kNode || node.name != from.node) continue;
    return std::any_of(node.ips.begin(), node.ips.end(),
                       [&](const Ip& ip) { return ip.family() == family; });
  }
  return false;
}

bool HasFamily(const Endpoint& endpoint, Family family) {
  return std::any_of(endpoint.ips.begin(), endpoint.ips.end(),
                     [&](const Ip& ip) { return ip.family() == family; });
}

// A letter for TCP or ICMP, capital for IPv4, as in a field of the table.
char Letter(const Cell& cell) {
  const char letter = NameOf(cell.protocol).front();
  return cell.address.is4() ? letter : static_cast<char>(letter - 'A' + 'a');
}

std::vector<std::string> InOrder(const std::vector<MatrixCell>& cells,
                                 std::string MatrixCell::*name) {
  std::vector<std::string> names;
  for (const auto& cell : cells) {
    if (std::find(names.begin(), names.end(), cell.*name) == names.end())
      names.push_back(cell.*name);
  }
  return names;
}

// Rows: from; columns: to, by the numbers that the rows have, so that the table stays narrow.
Text TableText(const Matrix& matrix) {
  std::map<std::pair<std::string, std::string>, std::string> fields;
  for (const auto& cell : matrix.cells) {
    auto& field = fields[{cell.from, cell.to}];
    if (!cell.ok()) field += Letter(cell.cell);
  }
  const auto sources = InOrder(matrix.cells, &MatrixCell::from);
  auto endpoints = sources;
  for (const auto& to : InOrder(matrix.cells, &MatrixCell::to)) {
    if (std::find(endpoints.begin(), endpoints.end(), to) == endpoints.end())
      endpoints.push_back(to);
  }
  size_t width = 0;
  for (const auto& endpoint : endpoints) width = std::max(width, endpoint.size());
  std::string head = fmt::format("{:<{}}", "from \\ to", width + 4);
  for (size_t i = 0; i < endpoints.size(); ++i) head += fmt::format(" {:<5}", i + 1);
  Text text = Text::Format("{}\n", Text::Whole(head.substr(0, head.find_last_not_of(' ') + 1)));
  for (size_t i = 0; i < endpoints.size(); ++i) {
    std::string line = fmt::format("{:>2}  {:<{}}", i + 1, endpoints[i], width);
    for (const auto& to : endpoints) {
      const auto field = fields.find({endpoints[i], to});
      const std::string shown = field == fields.end()   ? "-"
                                : field->second.empty() ? "ok"
                                                        : "!" + field->second;
      line += fmt::format(" {:<5}", i < sources.size() ? shown : "");
    }
    text += Text::Format("{}\n", Text::Whole(line.substr(0, line.find_last_not_of(' ') + 1)));
  }
  if (matrix.failed() > 0)
    text += Text::Format("!: not as it should be; T, I: TCP, ICMP over IPv4; t, i: over IPv6\n");
  return text;
}

}  // namespace

Text KindsText(const Matrix& matrix) {
  Text text;
  for (const auto& kind : InOrder(matrix.cells, &MatrixCell::kind)) {
    size_t all = 0, good = 0;
    std::chrono::microseconds slowest{0};
    for (const auto& cell : matrix.cells) {
      if (cell.kind != kind) continue;
      ++all;
      good += cell.ok() ? 1 : 0;
      slowest = std::max(slowest, cell.outcome.time);
    }
    text += Text::Format("  {:<28} {:>4} of {:<4} ok   slowest {:.1f} ms\n", kind, good, all,
                         static_cast<double>(slowest.count()) / 1000);
  }
  return text;
}

size_t Matrix::failed() const {
  return static_cast<size_t>(
      std::count_if(cells.begin(), cells.end(), [](const auto& cell) { return !cell.ok(); }));
}

std::string_view NameOf(Protocol protocol) {
  constexpr std::string_view kNames[] = {"TCP", "UDP", "ICMP", "DNS"};
  return kNames[static_cast<size_t>(protocol)];
}

std::string Describe(const Cell& cell) {
  if (cell.protocol == Protocol::kDns) return "DNS";
  return fmt::format("{} over {}", NameOf(cell.protocol), cell.address.is4() ? "IPv4" : "IPv6");
}

std::vector<MatrixCell> PlanMatrix(const std::vector<Endpoint>& endpoints) {
  std::vector<MatrixCell> cells;
  for (const auto& from : endpoints) {
    if (from.kind == Endpoint::Kind::kOutside) continue;
    for (const auto& to : endpoints) {
      if (from.name == to.name) continue;
      for (const Ip& ip : to.ips) {
        const bool needs_uplink = to.kind == Endpoint::Kind::kOutside;
        if (needs_uplink ? !HasUplink(endpoints, from, ip.family())
                         : from.kind == Endpoint::Kind::kPod && !HasFamily(from, ip.family()))
          continue;
        for (const auto& [protocol, port, greets] : to.listeners)
          cells.push_back({.from = from.name,
                           .to = to.name,
                           .kind = KindOf(from, to),
                           .cell = {.protocol = protocol,
                                    .address = ip,
                                    .port = port,
                                    .identity = to.name,
                                    .greets = greets}});
      }
    }
  }
  return cells;
}

Result<Matrix> RunMatrix(std::vector<MatrixCell> cells, const ProbeFrom& probe, size_t at_once) {
  const auto begun = std::chrono::steady_clock::now();
  std::map<std::string, std::vector<MatrixCell*>> by_source;
  for (auto& cell : cells) by_source[cell.from].push_back(&cell);
  const auto probe_all = [&](const auto& source) -> Result<> {
    const auto& [endpoint, ours] = source;
    std::vector<Cell> asked;
    for (const auto* cell : ours) asked.push_back(cell->cell);
    const auto outcomes = probe(endpoint, asked);
    if (!outcomes) return tl::unexpected<Error>(outcomes.error());
    for (size_t i = 0; i < asked.size(); ++i) ours[i]->outcome = (*outcomes)[i];
    return {};
  };
  if (auto probed = exec::ForEachAtOnce(by_source, probe_all, at_once); !probed)
    return tl::unexpected<Error>(probed.error());
  return Matrix{std::move(cells),
                std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun)};
}

Result<Matrix> RunMatrix(const std::vector<Endpoint>& endpoints, std::vector<MatrixCell> cells,
                         milliseconds timeout) {
  std::map<std::string, std::string> netns;
  for (const auto& endpoint : endpoints) netns[endpoint.name] = endpoint.netns;
  return RunMatrix(
      std::move(cells),
      [&](const std::string& endpoint, const auto& asked) {
        return Probe(netns.at(endpoint), asked, timeout);
      },
      endpoints.size());
}

Text ToText(const Matrix& matrix) {
  return Text::Format("{}\n{}{}{}", TableText(matrix), KindsText(matrix),
                      FailuresText(matrix, [](const auto&) { return ""; }), SumText(matrix));
}

Text FailuresText(const Matrix& matrix,
                  const std::function<std::string(const MatrixCell&)>& further) {
  constexpr size_t kMostLines = 20;
  Text text;
  size_t told = 0;
  for (const auto& cell : matrix.cells) {
    if (cell.ok() || told++ >= kMostLines) continue;
    const std::string address =
        cell.cell.protocol == Protocol::kDns ? "" : cell.cell.address.ToString() + ", ";
    text += Text::Format("  FAILED {} -> {} ({}{}): {}\n", cell.from, cell.to, address,
                         Describe(cell.cell), cell.expected ? cell.outcome.reason : "was reached");
    const std::string hint = further(cell);
    if (!hint.empty()) text += Text::Format("         {}\n", hint);
  }
  if (told > kMostLines) text += Text::Format("  ... and {} more\n", told - kMostLines);
  return text;
}

Text SumText(const Matrix& matrix) {
  return Text::Format("{} of {} cells ok, in {} ms\n", matrix.cells.size() - matrix.failed(),
                      matrix.cells.size(), matrix.time.count());
}

}  // namespace kvs::probe
