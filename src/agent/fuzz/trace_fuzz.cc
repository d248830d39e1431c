#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "agent/switch_trace.h"
#include "agent/trace.h"

// The first line is a query, "to=10.1.1.1&port=80"; the rest is the output of ovs-vswitchd. For any
// input, an accepted packet contains only fields and values, and the output is parsed.
namespace kvs::agent {
namespace {

struct Ground {
  Ground() {
    const Prefix pods(Ip4{{10, 1, 1, 0}}, 24);
    world.self.Put({.node = "n1", .pod_ranges = {pods}, .gateways = {Ip4{{10, 1, 1, 1}}}});
    world.datapath.Put({.overlay_port = 1});
    world.cluster.Put({.pods = {Prefix(Ip4{{10, 1, 0, 0}}, 16)}});
    world.nodes.Put({"n1", {pods}, {Ip4{{10, 2, 0, 1}}}});
    world.ports.Put({.name = "kv3", .ofport = 19, .ips = {Ip4{{10, 1, 1, 3}}}, .pod = {"a", "b"}});
    pipeline.engine().Run();
  }
  world::World world;
  pipeline::Pipeline pipeline{world};
};

std::map<std::string, std::string> Split(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find('&'));
    const auto equals = std::min(one.find('='), one.size());
    query.emplace(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
  return query;
}

void Check(std::string_view text) {
  static Ground ground;
  const auto line = text.find('\n');
  const auto packet = ReadPacket(Split(text.substr(0, line)), ground.world, ground.pipeline);
  constexpr std::string_view kPlain =
      "0123456789abcdefghijklmnopqrstuvwxyzLOCA_=,:.";  // no blank: an option begins with one
  if (packet && packet->flow.find_first_not_of(kPlain) != std::string::npos) std::abort();
  const SwitchTrace trace = ParseTrace(line == text.npos ? "" : text.substr(line + 1));
  const auto usual = ReadPacket({{"from", "a/b"}, {"to", "10.1.2.3"}, {"protocol", "icmp"}},
                                ground.world, ground.pipeline);
  HopOf(packet ? *packet : *usual, trace, ground.world, ground.pipeline);
}

}  // namespace
}  // namespace kvs::agent

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvs::agent::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
