#include "lab/cluster/lab.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "exec/netns.h"
#include "exec/parallel.h"
#include "lab/cluster/record.h"
#include "lab/machine/underlay.h"

namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kController[] = "k-vswitch-controller";

std::vector<Ip> InternalIps(const kube::Node& node, std::vector<Problem>& problems) {
  std::vector<Ip> ips;
  for (const auto& address : node.addresses) {
    if (address.type != "InternalIP") continue;
    if (const auto ip = Ip::Parse(address.address)) ips.push_back(*ip);
  }
  if (ips.empty())
    problems.push_back({"Node/" + node.meta.name, "status.addresses",
                        "no InternalIP: the lab makes no machine for it"});
  return ips;
}

// Names that the lab needs for itself.
bool Reserved(const std::string& node) {
  return node == "underlay" || node == "outside" || node.starts_with("pod-");
}

}  // namespace

Lab::Lab(State state, Options options, Programs programs)
    : state_(std::move(state)), options_(std::move(options)), programs_(std::move(programs)) {}

Lab::~Lab() {
  if (lock_) static_cast<void>(state_.Clean());
}

Result<std::unique_ptr<Lab>> Lab::Up(Options options) {
  auto state = State::Of(options.name);
  if (!state) return tl::unexpected<Error>(state.error());
  auto programs = Programs::Find();
  if (!programs && options.agents) return tl::unexpected<Error>(programs.error());
  {
    const auto alone = Lock::Take(*state);
    if (!alone) return tl::unexpected<Error>(alone.error());
    if (auto cleaned = state->Clean(); !cleaned) return tl::unexpected<Error>(cleaned.error());
  }
  auto lock = Lock::Take(*state);  // Clean() took the file of the first one away
  if (!lock) return tl::unexpected<Error>(lock.error());
  std::unique_ptr<Lab> lab(
      new Lab(*state, std::move(options), programs ? std::move(*programs) : Programs()));
  lab->lock_ = std::move(*lock);
  if (auto up = lab->BringUp(); !up) return tl::unexpected<Error>(up.error());
  return lab;
}

Result<std::unique_ptr<Lab>> Lab::Join(const std::string& name) {
  auto state = State::Of(name);
  if (!state) return tl::unexpected<Error>(state.error());
  auto record = ReadRecord(*state);
  if (!record) return tl::unexpected<Error>(record.error());
  auto programs = Programs::Find();
  std::unique_ptr<Lab> lab(
      new Lab(*state, std::move(record->options), programs ? std::move(*programs) : Programs()));
  for (auto& [node, addresses] : record->nodes)
    lab->nodes_[node] = lab->MakeNode(node, std::move(addresses));
  lab->pods_ = ReadPods(*state);
  return lab;
}

Result<> Lab::Step(std::string_view what, const std::function<Result<>()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  auto done = work();
  const auto time = std::chrono::steady_clock::now() - begun;
  if (done) options_.on_step(what, std::chrono::duration_cast<milliseconds>(time));
  return done;
}

Result<> Lab::PrepareManifests() {
  std::error_code error;
  if (!options_.manifests.empty()) {
    options_.manifests = fs::absolute(options_.manifests, error);
    const std::string ours = options_.manifests + "/.kvswitch";
    if (fs::exists(ours, error))
      return Fail("{} exists: another cluster uses this folder, or has; remove it", ours);
    return state_.Own(ours);
  }
  options_.manifests = state_.Path("manifests");
  if (options_.copy_from.empty())
    return WriteManifests(options_.manifests, options_.nodes, options_.ipv6_underlay);
  fs::copy(options_.copy_from, options_.manifests, error);
  if (error) return Fail("copy {}: {}", options_.copy_from, error.message());
  return {};
}

Result<> Lab::BringUp() {
  if (auto prepared = PrepareManifests(); !prepared) return prepared;
  auto wires = Step("wires: an underlay and a host outside", [this]() -> Result<> {
    if (auto made = MakeUnderlay(state_); !made) return made;
    if (auto made = MakeOutside(state_); !made) return made;
    return ServeHost(state_.Netns("outside"), "outside");
  });
  if (!wires) return wires;
  if (options_.agents) {
    if (auto started = StartController(); !started) return started;
  }
  return Sync();
}

Result<> Lab::StartController() {
  auto process = exec::Start(
      {.argv = {programs_.controller, "--manifests=" + options_.manifests,
                "--cluster-cidr=" + options_.cluster_cidr,
                "--service-cidr=" + options_.service_cidr, "--overlay-type=" + options_.overlay},
       .netns = state_.Netns("underlay")},
      state_.Path("k-vswitch-controller.log"));
  if (!process) return tl::unexpected<Error>(process.error());
  return state_.Note(kController, *process);
}

Result<> Lab::StopController(int signal) {
  auto process = state_.Find(kController);
  if (!process) return tl::unexpected<Error>(process.error());
  exec::Signal(*process, signal);
  if (!exec::AwaitEnd(*process, seconds(10))) return Fail("{} does not end", kController);
  state_.Forget(kController);
  return {};
}

Result<> Lab::Sync() {
  auto wanted = ReadManifests(options_.manifests);
  if (!wanted) return tl::unexpected<Error>(wanted.error());
  problems_ = wanted->problems;
  const auto nodes = SyncNodes(*wanted);
  const auto pods = options_.agents ? SyncPods(*wanted) : Result<>();
  if (!nodes && !pods) return Fail("{}; {}", nodes.error().message, pods.error().message);
  return nodes ? pods : nodes;
}

std::unique_ptr<Node> Lab::MakeNode(const std::string& name, std::vector<Ip> addresses) const {
  return std::make_unique<Node>(state_, Node::Options{.name = name,
                                                      .addresses = std::move(addresses),
                                                      .manifests = options_.manifests,
                                                      .agent_flags = options_.agent_flags,
                                                      .programs = programs_});
}

Result<> Lab::RunNode(Node& node) const {
  if (auto up = node.BringUp(); !up) return Wrap(node.name(), up.error());
  if (auto served = ServeHost(node.netns(), node.name()); !served) return served;
  return options_.agents ? node.StartAgent() : Result<>();
}

Result<> Lab::ServeHost(const std::string& netns, const std::string& identity) const {
  if (programs_.kvs.empty()) return {};
  auto process = exec::Start({.argv = {programs_.kvs, "echo", identity}, .netns = netns},
                             state_.Path("echo-" + identity + ".log"));
  if (!process) return tl::unexpected<Error>(process.error());
  return state_.Note("echo/" + identity, *process);
}

Result<> Lab::SyncNodes(const Manifests& wanted) {
  std::map<std::string, std::vector<Ip>> machines;
  for (const auto& node : wanted.nodes) {
    if (Reserved(node.meta.name)) {
      problems_.push_back({"Node/" + node.meta.name, "metadata.name", "the lab needs this name"});
    } else if (auto ips = InternalIps(node, problems_); !ips.empty()) {
      machines[node.meta.name] = std::move(ips);
    }
  }
  std::vector<Node*> gone, fresh;
  for (const auto& [name, node] : nodes_) {
    if (!wanted.problems.empty()) break;  // it may only be illegible
    const auto machine = machines.find(name);
    if (machine == machines.end() || machine->second != node->addresses())
      gone.push_back(node.get());
  }
  auto down = exec::ForEachAtOnce(gone, [](Node* node) { return node->TakeDown(); });
  for (Node* node : gone) {
    std::erase_if(pods_, [&](const auto& entry) {
      const bool lost = entry.second.node == node->name();
      if (lost) static_cast<void>(DetachPod(state_, nullptr, entry.second));
      return lost;
    });
    nodes_.erase(std::string(node->name()));
  }
  for (auto& [name, ips] : machines) {
    if (nodes_.contains(name)) continue;
    nodes_[name] = MakeNode(name, std::move(ips));
    fresh.push_back(nodes_[name].get());
  }
  if (auto saved = Save(); !saved || fresh.empty()) return down ? saved : down;
  auto up = Step(fmt::format("machines: {} with Open vSwitch and agent", fresh.size()), [&] {
    return exec::ForEachAtOnce(fresh, [this](Node* node) { return RunNode(*node); });
  });
  if (up && options_.agents) {
    up = Step("agents are ready", [&] {
      return exec::ForEachAtOnce(fresh, [](Node* node) { return node->AwaitReady(seconds(30)); });
    });
  }
  return up ? down : up;
}

Result<> Lab::SyncPods(const Manifests& wanted) {
  std::map<std::string, const kube::Pod*> pods;
  for (const auto& pod : wanted.pods) {
    if (nodes_.contains(pod.node_name)) pods[pod.meta.key()] = &pod;
  }
  std::vector<Pod> gone;
  for (const auto& [name, pod] : pods_) {
    if (!wanted.problems.empty()) break;  // it may only be illegible
    const auto want = pods.find(name);
    if (want == pods.end() || want->second->node_name != pod.node) gone.push_back(pod);
  }
  Result<> detached;
  if (!gone.empty()) {
    detached = Step(fmt::format("pods: {} detached", gone.size()), [&] {
      return exec::ForEachAtOnce(
          gone, [this](const Pod& pod) { return DetachPod(state_, nodes_[pod.node].get(), pod); });
    });
    for (const auto& pod : gone) pods_.erase(pod.name);
  }
  std::vector<const kube::Pod*> fresh;
  for (const auto& [name, pod] : pods) {
    if (!pods_.contains(name)) fresh.push_back(pod);
  }
  if (fresh.empty()) return detached;
  std::mutex mutex;  // guards pods_
  auto attached = Step(fmt::format("pods: {} attached by k-vswitch-cni", fresh.size()), [&] {
    return exec::ForEachAtOnce(fresh, [&](const kube::Pod* want) -> Result<> {
      auto pod = AttachPod(state_, *nodes_.at(want->node_name), programs_.kvs, *want);
      if (!pod) return tl::unexpected<Error>(pod.error());
      const std::lock_guard lock(mutex);
      pods_[pod->name] = std::move(*pod);
      return {};
    });
  });
  return attached ? detached : attached;
}

Result<> Lab::Save() const {
  ::kvs::lab::Record record{.options = options_};
  for (const auto& [name, node] : nodes_) record.nodes[name] = node->addresses();
  return WriteRecord(state_, record);
}

Result<> Lab::AddPod(const std::string& name, const std::string& node) {
  if (!nodes_.contains(node)) return Fail("node {}: lab {} has none", node, state_.name());
  if (auto written = WritePod(options_.manifests, name, node); !written) return written;
  return Sync();
}

Result<> Lab::RemovePod(const std::string& name) {
  if (auto removed = kvs::lab::RemovePod(options_.manifests, name); !removed) return removed;
  return Sync();
}

std::vector<probe::Endpoint> Lab::Endpoints() const {
  std::vector<probe::Endpoint> endpoints;
  for (const auto& [name, pod] : pods_)
    endpoints.push_back({probe::Endpoint::Kind::kPod, name, pod.netns(state_), pod.node, pod.ips});
  for (const auto& [name, node] : nodes_)
    endpoints.push_back(
        {probe::Endpoint::Kind::kNode, name, node->netns(), name, node->addresses()});
  endpoints.push_back(
      {probe::Endpoint::Kind::kOutside, "outside", state_.Netns("outside"), "", Underlay::World()});
  return endpoints;
}

bool Lab::AllRun() const {
  for (const auto& [name, node] : nodes_)
    for (const char* program : Node::kPrograms)
      if (!node->Runs(program)) return false;
  return state_.Runs(kController) && state_.Runs("kubelet");
}

Result<probe::Endpoint> Lab::Find(const std::string& endpoint) const {
  for (auto& known : Endpoints()) {
    if (known.name == endpoint) return known;
  }
  return Fail("{}: no pod (namespace/name) or node of lab {}, nor outside", endpoint,
              state_.name());
}

Result<probe::Outcome> Lab::Connect(const std::string& from, const Ip& to, uint16_t port,
                                    milliseconds timeout) const {
  const auto endpoint = Find(from);
  if (!endpoint) return tl::unexpected<Error>(endpoint.error());
  auto outcomes = probe::Probe(endpoint->netns, {{probe::Protocol::kTcp, to, port, ""}}, timeout);
  if (!outcomes) return tl::unexpected<Error>(outcomes.error());
  return outcomes->front();
}

Result<probe::Outcome> Lab::Ping(const std::string& from, const Ip& to,
                                 milliseconds timeout) const {
  const auto endpoint = Find(from);
  if (!endpoint) return tl::unexpected<Error>(endpoint.error());
  auto outcomes = probe::Probe(endpoint->netns, {{probe::Protocol::kIcmp, to, 0, ""}}, timeout);
  if (!outcomes) return tl::unexpected<Error>(outcomes.error());
  return outcomes->front();
}

}  // namespace kvs::lab
