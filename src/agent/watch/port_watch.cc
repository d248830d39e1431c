#include "agent/watch/port_watch.h"

#include <fmt/format.h>

#include "base/log.h"

namespace kvs::agent {
namespace {

constexpr uint32_t kShut = openflow::Port::kNoReceive | openflow::Port::kNoForward;

}  // namespace

void PortWatch::Look() {
  if (asking_ || !connection_.up()) return;
  asking_ = true;
  connection_.DumpPorts([this](Result<std::vector<openflow::Port>> ports) {
    asking_ = false;
    if (!ports) return log::Debug("ports: {}", ports.error().message);
    problems_.clear();
    for (const openflow::Port& port : *ports) Note(port);
  });
}

void PortWatch::Note(const openflow::Port& port) {
  if ((port.config & kShut) == 0 || !IsOurs(port.number)) return;
  if (pace_.MayRepair(loop_.Now())) {
    log::Warning("port {}: closed by another OpenFlow client (mod-port); reopening it", port.name);
    connection_.Send(openflow::PortMod{port.number, port.mac, 0, kShut});
    ++repairs_;
  } else {
    problems_.push_back(
        {"Port/" + port.name, "config",
         fmt::format("another OpenFlow client closes it repeatedly (no-receive, no-forward); it is "
                     "reopened every {} s; stop that program",
                     std::chrono::duration_cast<std::chrono::seconds>(pace_.fight_pause()).count()),
         "PortShut"});
  }
}

bool PortWatch::IsOurs(flow::OfPort number) const {
  const world::Datapath* datapath = world_.datapath.Find(0);
  bool ours =
      number == flow::kPortLocal || (datapath != nullptr && number == datapath->overlay_port);
  world_.ports.ForEach([&](const world::Port& port) { ours = ours || port.ofport == number; });
  return ours;
}

}  // namespace kvs::agent
