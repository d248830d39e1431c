#include "cli/kubectl.h"

#include "lab/process.h"

namespace kvs::cli {

Kubectl::Kubectl(const std::string& kubeconfig, const std::string& context) : command_{"kubectl"} {
  if (!kubeconfig.empty()) command_.push_back("--kubeconfig=" + kubeconfig);
  if (!context.empty()) command_.push_back("--context=" + context);
}

Result<Kubectl::Answer> Kubectl::Run(const std::vector<std::string>& arguments,
                                     std::chrono::seconds timeout) const {
  lab::Command command{.argv = command_};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto output = lab::RunToEnd(command, timeout);
  if (!output) return tl::unexpected<Error>(output.error());
  return Answer{output->exit_code, output->out, output->err};
}

Result<std::string> Kubectl::Ask(const std::vector<std::string>& arguments,
                                 std::chrono::seconds timeout) const {
  const auto answer = Run(arguments, timeout);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->exit_code == 0) return answer->out;
  const std::string said = answer->err.empty() ? answer->out : answer->err;
  return Fail("kubectl {}: {}", arguments.front(), said.substr(0, said.find_last_not_of('\n') + 1));
}

}  // namespace kvs::cli
