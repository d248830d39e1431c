#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/golden.h"
#include "io/fake_http_server.h"
#include "io/test_loop.h"
#include "kube/api/api_source.h"

// What the programs send to the API server, byte by byte, is in testdata/written:
// deploy/check-manifest sends the same to a real one. base/golden.h says how they are renewed.
namespace kvs::kube {
namespace {

namespace json = boost::json;

class Written : public testing::Test {
 protected:
  Written() {
    server_.Start(loop_, [this](const auto& request, const auto& peer) {
      bodies_.push_back(request.body);
      peer->Answer(201, "application/json", "{}");
    });
  }
  // The bodies of so many requests.
  std::vector<std::string> Bodies(size_t count) {
    EXPECT_TRUE(loop_.Until([&] { return bodies_.size() == count; }));
    return std::exchange(bodies_, {});
  }
  void Expect(const std::string& name, const std::string& body) {
    const std::string path = std::string(KVS_TESTDATA) + "/written/" + name + ".json";
    ExpectGolden(path, body + "\n");
  }
  void ExpectEvent(const std::string& name, const Event& event) {
    source_->Report(event);
    json::value body = json::parse(Bodies(1).front());
    EXPECT_EQ(body.at("eventTime").as_string().size(), 27u) << "with microseconds";
    body.as_object()["eventTime"] = "2026-01-01T00:00:00.000000Z";
    Expect(name, json::serialize(body));
  }

  io::TestLoop loop_;
  io::FakeHttpServer server_;
  ApiClient client_{loop_, {.servers = {"http://" + server_.address()}}};
  const std::unique_ptr<Source> source_ = OpenApi(loop_, client_, {});
  std::vector<std::string> bodies_;
};

TEST_F(Written, Events) {
  Event event{.regarding = {Kind::kNode, "node1"},
              .reporter = "kvswitch.io/agent",
              .instance = "node1",
              .warning = true,
              .reason = "NetworkProblem",
              .note = "OVSDB connection: refused; try: systemctl status openvswitch-switch"};
  ExpectEvent("event-of-agent", event);
  event.reporter = "kvswitch.io/controller";
  event.instance = "k-vswitch-controller";
  ExpectEvent("event-of-controller", event);
  std::string name;  // as long as a Node's may be, and with a dot where a generateName is cut
  while (name.size() < 253) name += name.size() % 19 == 18 ? '.' : 'n';
  event.reporter = "kvswitch.io/agent";
  event.regarding.key = event.instance = name;
  event.note = std::string(2000, 'x');
  ExpectEvent("event-of-long-name", event);
}

TEST_F(Written, AVSwitchConfig) {
  VSwitchConfig config{.meta = {.name = "node1"}};
  config.spec = {.pod_cidrs = *ParsePrefixes("10.244.1.0/24,fd00:10:244:1::/64"),
                 .cluster_cidrs = *ParsePrefixes("10.244.0.0/16,10.250.0.0/16,fd00:10:244::/56"),
                 .service_cidrs = *ParsePrefixes("10.96.0.0/16,fd00:96::/112"),
                 .overlay_ips = *ParseIps("192.168.1.11,fd00::11"),
                 .overlay_type = OverlayType::kVxlan,
                 .metadata_access = MetadataAccess::kDeny,
                 .max_connections_per_pod = 50000,
                 .sources = {{"podCIDRs", "Node.spec.podCIDRs"}, {"overlayType", "default"}}};
  config.status = {.conditions = {{.type = "Ready",
                                   .status = "True",
                                   .observed_generation = 1,
                                   .last_transition_time = "2026-01-01T00:00:00Z",
                                   .reason = "NodeNetworked"}},
                   .mtu = 1450,
                   .pods = 3,
                   .flows = 71,
                   .datapath = "system",
                   .ovs_version = "3.1.0",
                   .agent_version = "0.1.0"};
  source_->Apply(config, "controller", [](const auto&) {});
  const auto bodies = Bodies(2);
  Expect("vswitchconfig", bodies[0]);
  Expect("vswitchconfig-status", bodies[1]);
}

}  // namespace
}  // namespace kvs::kube
