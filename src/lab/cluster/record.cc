#include "lab/cluster/record.h"

#include <boost/json.hpp>

#include "base/file.h"

namespace kvs::lab {
namespace {

namespace json = boost::json;

constexpr char kFile[] = "lab.json";

std::string Text(const json::object& fields, const char* name) {
  const auto* value = fields.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<> WriteRecord(const State& state, const Record& record) {
  const Options& options = record.options;
  json::object nodes;
  for (const auto& [name, addresses] : record.nodes) nodes[name] = Join(addresses);
  const json::object fields{
      {"manifests", options.manifests},
      {"overlay", options.overlay},
      {"cluster-cidr", options.cluster_cidr},
      {"service-cidr", options.service_cidr},
      {"agents", options.agents},
      {"agent-flags", json::array(options.agent_flags.begin(), options.agent_flags.end())},
      {"nodes", nodes}};
  return WriteFile(state.Path(kFile), json::serialize(fields) + "\n");
}

Result<Record> ReadRecord(const State& state) {
  const auto text = ReadFile(state.Path(kFile));
  if (!text)
    return Fail("lab \"{}\" not found; create it with: kvs lab up --name {}", state.name(),
                state.name());
  boost::system::error_code error;
  const auto value = json::parse(*text, error);
  if (error || !value.is_object()) return Fail("{}: not a lab's record", state.Path(kFile));
  const auto& fields = value.get_object();
  Record record;
  record.options = {.name = state.name(),
                    .manifests = Text(fields, "manifests"),
                    .overlay = Text(fields, "overlay"),
                    .cluster_cidr = Text(fields, "cluster-cidr"),
                    .service_cidr = Text(fields, "service-cidr")};
  const auto* agents = fields.if_contains("agents");
  record.options.agents = !agents || (agents->is_bool() && agents->get_bool());
  if (const auto* flags = fields.if_contains("agent-flags"); flags && flags->is_array()) {
    for (const auto& flag : flags->get_array()) {
      if (flag.is_string()) record.options.agent_flags.emplace_back(flag.get_string());
    }
  }
  if (const auto* nodes = fields.if_contains("nodes"); nodes && nodes->is_object()) {
    for (const auto& [name, addresses] : nodes->get_object()) {
      if (!addresses.is_string()) continue;
      if (auto ips = ParseIps(addresses.get_string())) record.nodes[name] = std::move(*ips);
    }
  }
  return record;
}

}  // namespace kvs::lab
