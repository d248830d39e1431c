#include "cli/lab/lab_text.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/terminal/output.h"

namespace kvs::cli {

void PrintStep(std::string_view what, std::chrono::milliseconds time) {
  Print("  {:<50} {:>6.2f} s\n", what, static_cast<double>(time.count()) / 1000);
  std::fflush(stdout);
}

Text PodsText(const lab::Lab& lab) {
  TextTable table({"POD", "NODE", "PORT", "ADDRESSES"});
  for (const auto& [name, pod] : lab.pods()) table.Add({name, pod.node, pod.port, Join(pod.ips)});
  return table.ToText();
}

Text NodesText(const lab::Lab& lab) {
  const auto word = [](bool runs) { return std::string(runs ? "runs" : "DOWN"); };
  TextTable table({"NODE", "ADDRESSES", "OVSDB-SERVER", "OVS-VSWITCHD", "K-VSWITCHD"});
  for (const auto& [name, node] : lab.nodes()) {
    std::vector<std::string> row{name, Join(node->addresses())};
    for (const char* program : lab::Node::kPrograms) row.push_back(word(node->Runs(program)));
    table.Add(row);
  }
  return Text::Format("{}\ncontroller {}, kubelet {}\n", table.ToText(),
                      word(lab.state().Runs("k-vswitch-controller")),
                      word(lab.state().Runs("kubelet")));
}

}  // namespace kvs::cli
