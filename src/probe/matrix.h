#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "probe/endpoint.h"
#include "probe/probe.h"

// The matrix of real connectivity: from every pod and node to every pod and node and the outside,
// in every family that both ends have. A lab and a cluster differ in how packets are sent from an
// endpoint.
namespace kvs::probe {

struct MatrixCell {
  std::string from, to;  // names of endpoints
  std::string kind;      // "pod to pod, same node", "node to pod, across", ...
  Cell cell;
  bool expected = true;  // must it be reached?
  Outcome outcome;

  bool ok() const { return outcome.reached == expected; }
};

// How long a cell is tried; the slowest machine is a guest in emulation.
inline constexpr std::chrono::seconds kTimeout{10};

struct Matrix {
  std::vector<MatrixCell> cells;
  std::chrono::milliseconds time{0};  // of all of it

  size_t failed() const;
};

// The cells for these endpoints, not run yet. None is asked to reach itself, and the world outside
// is asked for only in the families of the node.
std::vector<MatrixCell> PlanMatrix(const std::vector<Endpoint>& endpoints);

// Probes cells from an endpoint; as many outcomes as cells.
using ProbeFrom = std::function<Result<std::vector<Outcome>>(const std::string& endpoint,
                                                             const std::vector<Cell>&)>;
// Runs them, at most `at_once` sources at once. `probe` is called from several threads.
Result<Matrix> RunMatrix(std::vector<MatrixCell> cells, const ProbeFrom& probe, size_t at_once);
// Of network namespaces of this machine, from all endpoints at once.
Result<Matrix> RunMatrix(const std::vector<Endpoint>& endpoints, std::vector<MatrixCell> cells,
                         std::chrono::milliseconds timeout = kTimeout);

// For people: a table (rows: from, columns: to), a line per kind, a line per failed cell.
Text ToText(const Matrix& matrix);
// Parts of it. `further` says how to look into a failed cell, for a line below it; "": no line.
Text KindsText(const Matrix& matrix);
Text FailuresText(const Matrix& matrix,
                  const std::function<std::string(const MatrixCell&)>& further);
Text SumText(const Matrix& matrix);

// "TCP", "UDP", "ICMP" or "DNS".
std::string_view NameOf(Protocol protocol);
// "TCP over IPv4", for messages.
std::string Describe(const Cell& cell);

}  // namespace kvs::probe
