#include "cli/agents/kubectl.h"

#include <cerrno>
#include <sstream>

namespace kvs::cli {

namespace {

// "E1127 22:11:09.123456 ...", as klog writes.
bool IsLog(std::string_view line) {
  return line.size() > 5 && std::string_view("EWI").find(line[0]) != std::string_view::npos &&
         line.substr(1, 4).find_first_not_of("0123456789") == std::string_view::npos &&
         line[5] == ' ';
}

}  // namespace

std::string Kubectl::Answer::Complaint() const {
  std::istringstream lines(err.empty() ? out : err);
  std::string all;
  for (std::string line; std::getline(lines, line);)
    if (!IsLog(line)) all += (all.empty() ? "" : "\n") + line;
  return all;
}

Kubectl::Kubectl(const std::string& kubeconfig, const std::string& context) : command_{"kubectl"} {
  if (!kubeconfig.empty()) command_.push_back("--kubeconfig=" + kubeconfig);
  if (!context.empty()) command_.push_back("--context=" + context);
}

Result<Kubectl::Answer> Kubectl::Run(const std::vector<std::string>& arguments,
                                     std::chrono::seconds timeout, const std::string& input,
                                     size_t most) const {
  exec::Command command{.argv = command_, .input = input, .most = most};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto output = exec::RunToEnd(command, timeout);
  if (!output && output.error().code == ENOENT)
    return Fail(
        "kubectl is not in the PATH, and kvs reaches a cluster by it: install it, or run kvs on a "
        "node");
  if (!output) return tl::unexpected<Error>(output.error());
  return Answer{output->exit_code, output->out, output->err};
}

Result<std::string> Kubectl::Ask(const std::vector<std::string>& arguments,
                                 std::chrono::seconds timeout, const std::string& input) const {
  const auto answer = Run(arguments, timeout, input);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->exit_code == 0) return answer->out;
  return Fail("kubectl {}: {}", arguments.front(), answer->Complaint());
}

}  // namespace kvs::cli
