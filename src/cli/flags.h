#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

// Flags that several commands have.
namespace kvs::cli {

// --kubeconfig and --context, as kubectl's.
inline std::vector<CLI::Option*> AddKubectlFlags(CLI::App& command, std::string& kubeconfig,
                                                 std::string& context) {
  return {command.add_option("--kubeconfig", kubeconfig, "as kubectl's"),
          command.add_option("--context", context, "as kubectl's")};
}

// -o, one of `forms`; what `output` holds is the default.
inline void AddOutputFlag(CLI::App& command, std::string& output,
                          const std::vector<std::string>& forms) {
  command.add_option("-o,--output", output)->check(CLI::IsMember(forms))->capture_default_str();
}

// Of a number of seconds: 90, 90s, 5m, 1h.
inline CLI::AsNumberWithUnit Duration() {
  return CLI::AsNumberWithUnit(std::map<std::string, int>{{"s", 1}, {"m", 60}, {"h", 3600}});
}

}  // namespace kvs::cli
