#include "cli/lab_text.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/output.h"

namespace kvs::cli {

void PrintStep(std::string_view what, std::chrono::milliseconds time) {
  fmt::print("  {:<50} {:>6.2f} s\n", what, static_cast<double>(time.count()) / 1000);
  std::fflush(stdout);
}

std::string PodsText(const lab::Lab& lab) {
  TextTable table({"POD", "NODE", "PORT", "ADDRESSES"});
  for (const auto& [name, pod] : lab.pods()) table.Add({name, pod.node, pod.port, Join(pod.ips)});
  return table.ToString();
}

std::string NodesText(const lab::Lab& lab, bool& all_run) {
  const auto running = [&](const std::string& what) {
    const auto process = lab.state().Find(what);
    const bool runs = process && lab::IsAlive(*process);
    all_run &= runs;
    return std::string(runs ? "runs" : "DOWN");
  };
  TextTable table({"NODE", "ADDRESSES", "OVSDB-SERVER", "OVS-VSWITCHD", "K-VSWITCHD"});
  for (const auto& [name, node] : lab.nodes()) {
    const std::string at = "nodes/" + name + "/";
    table.Add({name, Join(node->addresses()), running(at + "ovsdb-server"),
               running(at + "ovs-vswitchd"), running(at + "k-vswitchd")});
  }
  return fmt::format("{}\ncontroller {}, kubelet {}\n", table.ToString(),
                     running("k-vswitch-controller"), running("kubelet"));
}

}  // namespace kvs::cli
