// k-vswitch-cni: the CNI plugin. A container runtime runs it with CNI_* variables and a network
// configuration on standard input; see cni/plugin.h.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cni/plugin.h"
#include "cni/stream.h"

int main() {
  using namespace kvs::cni;
  // Only the configuration says how long all may take; it has as long as that is by default.
  const auto input =
      ReadToEnd(STDIN_FILENO, "network configuration on standard input", In(NetConf{}.timeout));
  const Answer answer = Plugin().Run(std::getenv, input);
  std::fwrite(answer.output.data(), 1, answer.output.size(), stdout);
  // A result that did not arrive is no result: the runtime deletes what it does not know of.
  return std::fflush(stdout) == 0 ? answer.exit_status : 1;
}
