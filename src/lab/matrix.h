#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lab/lab.h"

// The matrix of real connectivity: from every pod and host to every pod and host and the outside,
// TCP and ICMP, every family that both have.
namespace kvs::lab {

struct Check {
  std::string from, to;  // names of places
  std::string kind;      // "same node", "across nodes", "pod to own host", "host to pod", ...
  Cell cell;
  bool expected = true;  // must it be reached?
  Outcome outcome;

  bool ok() const { return outcome.reached == expected; }
};

struct Matrix {
  std::vector<Check> checks;
  std::chrono::milliseconds time{0};

  size_t failed() const;
};

// The checks for these places, not run yet. A place has no check to itself.
std::vector<Check> PlanMatrix(const std::vector<Place>& places);
// Runs them, all sources at once.
Result<Matrix> RunMatrix(const std::vector<Place>& places, std::vector<Check> checks);

// For people: a table (rows: from, columns: to), a line per kind, and a line per failed check.
std::string ToText(const Matrix& matrix, bool colour);

}  // namespace kvs::lab
