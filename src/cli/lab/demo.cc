#include "cli/lab/demo.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/inspect/trace.h"
#include "cli/lab/clean_up.h"
#include "cli/lab/lab_ends.h"
#include "cli/lab/lab_text.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/guard.h"
#include "cli/terminal/output.h"
#include "probe/matrix.h"

namespace kvs::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A failed cell, or else two pods on different nodes, which show the most.
std::optional<probe::MatrixCell> WorthATrace(const lab::Lab& lab, const probe::Matrix& matrix) {
  for (const auto& failed : matrix.cells)
    if (!failed.ok() && lab.pods().contains(failed.from)) return failed;
  for (const auto& [from, source] : lab.pods()) {
    for (const auto& [to, target] : lab.pods()) {
      if (source.node != target.node && !target.ips.empty())
        return probe::MatrixCell{.from = from, .to = to, .cell = {.address = target.ips[0]}};
    }
  }
  return std::nullopt;
}

void ShowTrace(const lab::Lab& lab, const probe::Matrix& matrix, const Paint& paint) {
  const auto worth = WorthATrace(lab, matrix);
  if (!worth) return;
  const probe::Cell& cell = worth->cell;
  Print("\n{}\n", paint.Strong(fmt::format("The path of a packet: {} to {}, {}", worth->from,
                                           cell.address, Describe(cell))));
  const bool icmp = cell.protocol == probe::Protocol::kIcmp;
  Trace({.from = worth->from,
         .to = cell.address.ToString(),
         .protocol = icmp ? "icmp" : "tcp",
         .port = cell.port},
        EndsOfLab(lab), AgentsOf(lab));
}

int Demo(const DemoOptions& options) {
  const Paint paint;
  const auto begun = steady_clock::now();
  const auto since = [&] { return duration_cast<milliseconds>(steady_clock::now() - begun); };
  auto lab_options = options.lab;
  lab_options.on_step = PrintStep;
  Print("{}\n", paint.Strong("A cluster on this machine, of the real programs"));
  auto lab = lab::Lab::Up(lab_options);
  if (!lab) {
    PrintError(lab.error().message);
    return kFailed;
  }
  for (const auto& problem : (*lab)->problems()) PrintError(problem.ToString());
  Print("\n{}\n{}", paint.Strong("Pods"), PodsText(**lab));

  options.before_matrix(**lab);
  const auto endpoints = (*lab)->Endpoints();
  const auto matrix = probe::RunMatrix(endpoints, probe::PlanMatrix(endpoints), options.timeout);
  if (!matrix) {
    PrintError(matrix.error().message);
    return kFailed;
  }
  Print("\n{}\n{}",
        paint.Strong("Who reaches whom (TCP and ICMP over IPv4 and IPv6, real packets)"),
        probe::ToText(*matrix));
  const auto until_matrix = since();
  ShowTrace(**lab, *matrix, paint);

  const auto closing = steady_clock::now();
  (*lab).reset();
  const auto cleaning = duration_cast<milliseconds>(steady_clock::now() - closing);
  Print("\n{}\nfrom start to the matrix {:.2f} s, cleaning up {:.2f} s\n",
        matrix->failed() == 0
            ? paint.Good("All as it should be.")
            : paint.Bad(fmt::format("{} cells are not as they should be.", matrix->failed())),
        static_cast<double>(until_matrix.count()) / 1000,
        static_cast<double>(cleaning.count()) / 1000);
  return matrix->failed() == 0 ? kOk : kFailed;
}

}  // namespace

int RunDemo(const DemoOptions& options) {
  return RunGuarded([&] { return Demo(options); },
                    [&](bool killed) { CleanIfNobodysLab(options.lab.name, killed); });
}

}  // namespace kvs::cli
