#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lab/lab.h"

// The matrix of real connectivity: from every pod and node to every pod and node and the outside,
// TCP and ICMP, in every family that both ends have.
namespace kvs::lab {

struct MatrixCell {
  std::string from, to;  // names of places
  std::string kind;      // "pod to pod, same node", "node to pod, across", ...
  Cell cell;
  bool expected = true;  // must it be reached?
  Outcome outcome;

  bool ok() const { return outcome.reached == expected; }
};

// How long a cell is tried; the slowest machine is a guest in emulation.
inline constexpr std::chrono::seconds kPatience{10};

struct Matrix {
  std::vector<MatrixCell> cells;
  std::chrono::milliseconds time{0};  // of all of it

  size_t failed() const;
};

// The cells for these places, not run yet. No place is asked to reach itself, and the world outside
// is asked for only in the families of the node.
std::vector<MatrixCell> PlanMatrix(const std::vector<Place>& places);
// Runs them, all sources at once.
Result<Matrix> RunMatrix(const std::vector<Place>& places, std::vector<MatrixCell> cells,
                         std::chrono::milliseconds timeout = kPatience);

// For people: a table (rows: from, columns: to), a line per kind, a line per failed cell.
std::string ToText(const Matrix& matrix);

// "TCP over IPv4", for messages.
std::string Describe(const Cell& cell);

}  // namespace kvs::lab
