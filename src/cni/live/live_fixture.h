#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "cni/host_end.h"
#include "cni/live/test_node.h"

namespace kvs::cni {

// For live tests: a node, and the real plugin, called as by a container runtime. Pods are
// identified by container id; their namespaces are created at their first use.
struct LiveFixture {
  explicit LiveFixture(const std::string& pod_ranges = "10.1.1.0/24,fd00:10:1:1::/64")
      : node(pod_ranges) {
    conf = boost::json::parse(R"({"cniVersion":"1.1.0","name":"k-vswitch","type":"k-vswitch-cni"})")
               .as_object();
    conf["ovsdb"] = node.socket();
  }

  std::string Netns(const std::string& pod) {
    if (!netns.empty()) return netns;
    return netlink::Namespace::Exists(pod) ? netlink::Namespace::Path(pod) : node.MakePod(pod);
  }

  Variables VariablesFor(const std::string& command, const std::string& pod) {
    Variables variables{{"CNI_COMMAND", command}, {"CNI_PATH", "/usr/lib/cni"}};
    if (pod.empty()) return variables;
    variables["CNI_CONTAINERID"] = pod;
    variables["CNI_IFNAME"] = ifname;
    variables["CNI_NETNS"] = netlink::Namespace::Path(pod);
    if (!netns.empty()) variables["CNI_NETNS"] = netns;
    variables["CNI_ARGS"] =
        "IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=" + (pod_name.empty() ? pod : pod_name);
    return variables;
  }

  Ended Invoke(const std::string& command, const std::string& pod) {
    return RunProgram({K_VSWITCH_CNI}, VariablesFor(command, pod), boost::json::serialize(conf));
  }
  Ended Invoke(const std::string& command, const std::string& pod, const CniResult& previous) {
    boost::json::object with = conf;
    with["prevResult"] =
        boost::json::parse(previous.Encode(std::string_view(conf.at("cniVersion").as_string())));
    return RunProgram({K_VSWITCH_CNI}, VariablesFor(command, pod), boost::json::serialize(with));
  }

  // Calls the plugins of network conf["name"] as a runtime does: each with the result of the
  // previous one. `result`: of the last ADD, for DEL and CHECK.
  Ended InvokeChain(const std::string& command, const std::string& pod,
                    std::vector<boost::json::object> plugins, std::string& result) {
    if (command == "DEL") std::ranges::reverse(plugins);
    Netns(pod);
    Ended ended;
    for (boost::json::object& plugin : plugins) {
      plugin["cniVersion"] = conf["cniVersion"];
      plugin["name"] = conf["name"];
      if (!result.empty()) plugin["prevResult"] = boost::json::parse(result);
      const std::string type(plugin.at("type").as_string());
      // Portmap 1.1.1 looks for the rules of one family in the tables of both.
      if (type == "portmap" && command == "CHECK") continue;
      const std::string program = type == "k-vswitch-cni" ? K_VSWITCH_CNI : "/usr/lib/cni/" + type;
      ended = RunProgram({program}, VariablesFor(command, pod), boost::json::serialize(plugin));
      if (ended.status != 0) {
        ended.output = type + ": " + ended.output;
        return ended;
      }
      if (command == "ADD") result = ended.output;
    }
    return ended;
  }

  Outcome<CniResult> Add(const std::string& pod) {
    Netns(pod);
    const Ended ended = Invoke("ADD", pod);
    if (ended.status != 0) return tl::unexpected(FailureOf(ended));
    return CniResult::Decode(ended.output);
  }

  static Failure FailureOf(const Ended& ended) {
    boost::json::error_code error;
    const auto value = boost::json::parse(ended.output, error);
    if (error || !value.is_object()) return {-1, "no error: " + ended.output, ""};
    return {static_cast<int>(value.at("code").as_int64()), std::string(value.at("msg").as_string()),
            ""};
  }

  std::string InPod(const std::string& pod, const std::string& command) {
    return RunProgram({"nsenter", "--net=" + Netns(pod), "sh", "-c", command}).output;
  }

  // Expects that nothing is left on the node, except links that are about to be deleted.
  void ExpectNothing() {
    EXPECT_THAT(node.Ports(), ::testing::IsEmpty());
    EXPECT_THAT(node.Links(ovsdb::kLiveLinkGroup), ::testing::IsEmpty());
  }

  TestNode node;
  boost::json::object conf;
  std::string ifname = "eth0";
  std::string netns;     // instead of the pod's own
  std::string pod_name;  // instead of the container's id
};

}  // namespace kvs::cni
