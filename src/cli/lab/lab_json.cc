#include "cli/lab/lab_json.h"

#include <boost/json.hpp>

#include "cli/terminal/json_at.h"

namespace kvs::cli {
namespace {

namespace json = boost::json;

json::array Texts(const std::vector<Ip>& ips) {
  json::array texts;
  for (const Ip& ip : ips) texts.emplace_back(ip.ToString());
  return texts;
}

}  // namespace

Text LabJson(const lab::Lab& lab) {
  json::array nodes, pods;
  for (const auto& [name, node] : lab.nodes()) {
    json::object programs;
    for (const char* program : lab::Node::kPrograms) programs[program] = node->Runs(program);
    nodes.push_back(json::object{
        {"name", name}, {"addresses", Texts(node->addresses())}, {"programs", programs}});
  }
  for (const auto& [name, pod] : lab.pods()) {
    pods.push_back(json::object{{"pod", name},
                                {"node", pod.node},
                                {"ips", Texts(pod.ips)},
                                {"mac", pod.mac},
                                {"port", pod.port},
                                {"container", pod.container},
                                {"netns", pod.netns(lab.state())}});
  }
  return JsonText(json::object{{"name", lab.state().name()},
                               {"manifests", lab.options().manifests},
                               {"overlay", lab.options().overlay},
                               {"nodes", std::move(nodes)},
                               {"pods", std::move(pods)}});
}

}  // namespace kvs::cli
