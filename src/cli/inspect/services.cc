#include "cli/inspect/services.h"

#include <boost/json.hpp>

#include "cli/agents/agent_client.h"
#include "cli/inspect/probe_json.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

using std::chrono::seconds;

// For starting a process in a pod through the API server.
constexpr seconds kExecTimeout{30};
constexpr seconds kTimeout{3};

}  // namespace

Result<std::vector<Ip>> ClusterIps(const Kubectl& kubectl, const std::string& ns,
                                   const std::string& service) {
  const auto text = kubectl.Ask({"get", "service/" + service, "-n", ns, "-o", "json"});
  if (!text) return tl::unexpected<Error>(text.error());
  const auto object = ParseObject(*text, "kubectl get");
  if (!object) return tl::unexpected<Error>(object.error());
  return IpsIn(ListAt(*object, "/spec/clusterIPs"));
}

Result<std::vector<probe::Outcome>> ProbeFrom(const Kubectl& kubectl, const Prober& prober,
                                              const std::vector<probe::Cell>& cells,
                                              seconds timeout) {
  const auto said = kubectl.Run(
      {"exec", prober.pod, "-n", prober.ns, "-c", prober.container, "-i", "--", "kvs", "probe"},
      timeout + kExecTimeout, ToJson(Question{.timeout = timeout, .cells = cells}), kMostAnswer);
  if (!said) return tl::unexpected<Error>(said.error());
  if (said->exit_code != 0)
    return Fail("kubectl exec {}: {}", prober.pod,
                said->exit_code == kUsage
                    ? "its kvs does not know `kvs probe`; use the kvs of the agents' version"
                    : said->Complaint());
  return ParseOutcomes(said->out, cells.size());
}

std::string WhyNoServices(const Kubectl& kubectl, const std::string& node,
                          const std::string& agent) {
  const auto proxy = kubectl.Ask(
      {"get", "daemonset/kube-proxy", "-n", "kube-system", "--ignore-not-found", "-o", "name"});
  if (proxy && !proxy->empty()) return "";
  const auto ips = ClusterIps(kubectl, "default", "kubernetes");
  if (!ips || ips->empty()) return "";
  const auto outcomes =
      ProbeFrom(kubectl, {"kube-system", agent, "k-vswitchd"},
                {{.address = ips->front(), .port = 443, .greets = false}}, kTimeout);
  if (!outcomes || outcomes->front().reached) return "";
  return fmt::format(
      "Services are not served: there is no DaemonSet kube-proxy, and {} of Service "
      "default/kubernetes can't be reached from {} ({}); k-vswitch needs kube-proxy beside it",
      ips->front(), node, outcomes->front().reason);
}

}  // namespace kvs::cli
