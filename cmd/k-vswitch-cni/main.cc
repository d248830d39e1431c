// k-vswitch-cni: the CNI plugin. A container runtime runs it with CNI_* variables and a network
// configuration on standard input; see cni/plugin.h.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cni/plugin.h"

int main() {
  std::string input;
  char buffer[4096];
  for (ssize_t size; input.size() <= kvs::cni::Plugin::kMostInput &&
                     (size = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;)
    input.append(buffer, static_cast<size_t>(size));
  const auto answer = kvs::cni::Plugin().Run(std::getenv, input);
  std::fwrite(answer.output.data(), 1, answer.output.size(), stdout);
  // A result that did not arrive is no result: the runtime deletes what it does not know of.
  return std::fflush(stdout) == 0 ? answer.exit_status : 1;
}
