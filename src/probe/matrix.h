#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "probe/endpoint.h"
#include "probe/probe.h"

// The connectivity matrix, measured with real packets: from every pod and node to every pod, every
// node and the outside, in every family that both ends have. A lab and a cluster differ in how
// packets are sent from an endpoint.
namespace kvs::probe {

struct MatrixCell {
  std::string from, to;  // names of endpoints
  std::string kind;      // "pod to pod, same node", "node to pod, across", ...
  Cell cell;
  bool expected = true;  // must it be reached?
  Outcome outcome;

  bool ok() const { return outcome.reached == expected; }
};

// How long a cell is tried; a slow, emulated guest needs that.
inline constexpr std::chrono::seconds kTimeout{10};

struct Matrix {
  std::vector<MatrixCell> cells;
  std::chrono::milliseconds time{0};  // of all of it

  size_t failed() const;
};

// The cells for these endpoints, not run yet. No endpoint is tried from itself, and the outside is
// tried only in the node's families.
std::vector<MatrixCell> PlanMatrix(const std::vector<Endpoint>& endpoints);

// Probes cells from an endpoint; returns as many outcomes as cells.
using ProbeFrom = std::function<Result<std::vector<Outcome>>(const std::string& endpoint,
                                                             const std::vector<Cell>&)>;
// Runs the cells of at most `at_once` sources at the same time. `probe` is called from several
// threads.
Result<Matrix> RunMatrix(std::vector<MatrixCell> cells, const ProbeFrom& probe, size_t at_once);
// The same for network namespaces of this machine, from all endpoints at the same time.
Result<Matrix> RunMatrix(const std::vector<Endpoint>& endpoints, std::vector<MatrixCell> cells,
                         std::chrono::milliseconds timeout = kTimeout);

// A table (rows: from, columns: to), a line per kind, and a line per failed cell.
Text ToText(const Matrix& matrix);
// Parts of that text. `further` is a hint below a failed cell how to examine it; "": none.
Text KindsText(const Matrix& matrix);
Text FailuresText(const Matrix& matrix,
                  const std::function<std::string(const MatrixCell&)>& further);
Text SumText(const Matrix& matrix);

// "TCP", "UDP", "ICMP" or "DNS".
std::string_view NameOf(Protocol protocol);
// "TCP over IPv4", for messages.
std::string Describe(const Cell& cell);

}  // namespace kvs::probe
