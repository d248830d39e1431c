#include "agent/watch/connection_watch.h"

#include <fmt/format.h>

#include <utility>

#include "kube/object/objects.h"
#include "kube/source/source.h"
#include "netlink/conntrack.h"
#include "ovsdb/dpctl.h"
#include "pipeline/fields.h"
#include "pipeline/plan.h"

namespace kvs::agent {
namespace {

constexpr auto kZone = static_cast<uint16_t>(pipeline::Zone::kPolicy);

// The lower threshold, below which a crowded port recovers, so that its state does not alternate.
constexpr uint64_t OverBelow(uint64_t most) { return most - most / 5; }

Problem Refused(const world::CrowdedPort& port, uint64_t most) {
  return {port.Object(), std::string(port.kField),
          fmt::format("the pod has begun more than its limit of {} connections in the conntrack "
                      "table, and can't begin new ones until there are fewer than {}; other pods "
                      "are not affected; see what it does, spread its work over more pods, or "
                      "raise maxConnectionsPerPod in ConfigMap kube-system/k-vswitch",
                      most, OverBelow(most)),
          "ConnectionsRefused"};
}

uint64_t CountOf(const ConnectionWatch::Counts& counts, const std::vector<Ip>& ips) {
  uint64_t sum = 0;
  for (const Ip& ip : ips)
    if (const auto count = counts.find(ip); count != counts.end()) sum += count->second;
  return sum;
}

bool IsTooMany(uint64_t count, uint64_t most, bool was) {
  return most > 0 && (was ? count >= OverBelow(most) : count > most);
}

}  // namespace

void ConnectionWatch::Look(uint64_t remembered) {
  const world::Self* self = world_.self.Find(0);
  if (self == nullptr || counting_) return;
  const uint64_t most = self->max_connections_per_pod;
  if (most == 0 || remembered < OverBelow(most)) return Note(Counts());
  const auto now = loop_.Now();
  const bool netdev = world_.datapath.Find(0)->netdev;
  if (netdev ? !pace_.AuditIsDue(now) : pace_.AfterNotice(now) > now) return;
  counting_ = true;
  began_ = now;
  if (netdev)
    CountInSwitch();
  else
    CountInKernel();
}

void ConnectionWatch::CountInKernel() {
  const auto counts = std::make_shared<Result<Counts>>();
  walk_ = io::BlockingTask::Run(
      loop_,
      [counts] {
        auto socket = netlink::Socket::OpenNetfilter();
        *counts = socket ? netlink::CountConnections(**socket, kZone)
                         : tl::unexpected<Error>(socket.error());
      },
      [this, counts] { End(*counts); });
}

void ConnectionWatch::CountInSwitch() {
  const auto counts = std::make_shared<Counts>();
  vswitchd_.AskForLines(
      "dpctl/dump-conntrack", {ovsdb::DatapathOf("netdev"), fmt::format("zone={}", kZone)},
      [counts](std::string_view line) {
        if (const auto client = ovsdb::ClientOf(line)) ++(*counts)[*client];
      },
      [this, counts](const Result<>& done) {
        End(done ? Result<Counts>(std::move(*counts)) : tl::unexpected(done.error()));
      });
}

void ConnectionWatch::End(const Result<Counts>& counts) {
  counting_ = false;
  pace_.Looked(began_, loop_.Now());
  Note(counts);
}

void ConnectionWatch::Note(const Result<Counts>& counts) {
  const world::Self* self = world_.self.Find(0);
  if (self == nullptr) return;
  const uint64_t most = self->max_connections_per_pod;
  std::vector<world::CrowdedPort> crowded;
  world_.ports.ForEach([&](const world::Port& port) {
    world::CrowdedPort row{port.name, port.container, port.pod};
    const world::CrowdedPort* before = world_.crowded.Find(port.name);
    const bool was = before != nullptr && *before == row;
    if (counts ? IsTooMany(CountOf(*counts, port.ips), most, was) : was)
      crowded.push_back(std::move(row));
  });
  problems_.clear();
  for (const world::CrowdedPort& port : crowded) problems_.push_back(Refused(port, most));
  if (world_.crowded.Assign(std::move(crowded))) on_change_();
  if (!counts)
    problems_.push_back({kube::kHost, "connections of pods",
                         counts.error().message +
                             "; until they can be counted, maxConnectionsPerPod applies only "
                             "to pods that exceeded it before",
                         "ConnectionsNotCounted"});
}

}  // namespace kvs::agent
