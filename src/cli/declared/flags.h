#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cli/declared/usage_error.h"

// Flags of several commands.
namespace kvs::cli {

// --kubeconfig and --context, as kubectl's.
inline std::vector<CLI::Option*> AddKubectlFlags(CLI::App& command, std::string& kubeconfig,
                                                 std::string& context) {
  return {command.add_option("--kubeconfig", kubeconfig, "path of the kubeconfig, as of kubectl"),
          command.add_option("--context", context, "context of the kubeconfig, as of kubectl")};
}

// Accepts one of `values`, which messages call `what`; the message for another value has the
// nearest of them. As a transformation, it replaces the other names in {NAME: VALUE} by their
// values.
inline CLI::Validator OneOf(const std::string& what, const std::vector<std::string>& values,
                            const std::map<std::string, std::string>& names = {}) {
  return {[what, values, names](std::string& value) -> std::string {
            if (const auto name = names.find(value); name != names.end()) value = name->second;
            if (std::ranges::find(values, value) != values.end()) return "";
            std::string hint = DidYouMean(value, values);
            if (hint.empty()) hint = fmt::format(", not one of {}", fmt::join(values, ", "));
            // The option's name would be put before a returned message.
            throw CLI::ParseError(fmt::format("unknown {} \"{}\"{}", what, value, hint),
                                  CLI::ExitCodes::ValidationError);
          },
          fmt::format("{{{}}}", fmt::join(values, ","))};
}

// -o with one of `forms`; the content of `output` is the default.
inline void AddOutputFlag(CLI::App& command, std::string& output,
                          const std::vector<std::string>& forms) {
  command.add_option("-o,--output", output, "output format")
      ->check(OneOf("output format", forms))
      ->capture_default_str();
}

// A number of seconds: 90, 90s, 5m, 1h.
inline CLI::AsNumberWithUnit Duration() {
  return CLI::AsNumberWithUnit(std::map<std::string, int>{{"s", 1}, {"m", 60}, {"h", 3600}});
}

}  // namespace kvs::cli
