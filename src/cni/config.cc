#include "cni/config.h"

#include <boost/json/serialize.hpp>
#include <cmath>

#include "cni/json.h"
#include "cni/result_json.h"

namespace kvs::cni {
namespace {

constexpr int kLeastMtu = 68;        // RFC 791
constexpr int kLargestMtu = 65535;   // of a veth
constexpr double kLongestWait = 60;  // seconds
constexpr std::string_view kValidAttachments = "cni.dev/valid-attachments";

bool IsSocketPath(std::string_view path) {
  return path.starts_with('/') && path.find('\0') == path.npos;
}

void ReadSwitch(const Json& root, NetConf& conf) {
  if (const Json at = root["ovsdb"]) {
    conf.ovsdb = at.Text();
    if (!IsSocketPath(conf.ovsdb))
      at.Wrong(Code::kBadConfig,
               fmt::format("\"{}\" must be the absolute path of OVSDB's socket", conf.ovsdb));
  }
  if (const Json at = root["bridge"]) {
    conf.bridge = at.Text();
    if (!IsInterfaceName(conf.bridge))
      at.Wrong(Code::kBadConfig, fmt::format("\"{}\" is not a bridge name", conf.bridge));
  }
  const Json mtu = root["mtu"];
  conf.mtu = mtu.Integer();
  if (conf.mtu == 0) conf.mtu.reset();
  if (conf.mtu && (*conf.mtu < kLeastMtu || *conf.mtu > kLargestMtu))
    mtu.Wrong(Code::kBadConfig, fmt::format("{} must be {} to {}; omit it to use the agent's",
                                            *conf.mtu, kLeastMtu, kLargestMtu));
  const Json timeout = root["timeout"];
  if (const auto seconds = timeout.Number()) {
    if (*seconds > 0 && *seconds <= kLongestWait)
      conf.timeout = std::chrono::milliseconds(std::llround(*seconds * 1000));
    else
      timeout.Wrong(Code::kBadConfig, fmt::format("{} must be more than 0 and at most {} seconds",
                                                  *seconds, kLongestWait));
  }
}

void ReadIpam(const Json& root, NetConf& conf) {
  const Json type = root["ipam"]["type"];
  conf.ipam = type.Text();
  // A plugin's name, never a path out of CNI_PATH.
  if (!conf.ipam.empty() && !IsIdentifier(conf.ipam))
    type.Wrong(Code::kBadConfig, fmt::format("\"{}\" is not a plugin's name", conf.ipam));
  if (!IsIdentifier(conf.ipam)) conf.ipam.clear();
}

void ReadRuntimeConfig(const Json& root, NetConf& conf) {
  const Json runtime = root["runtimeConfig"];
  runtime["ips"].Each([&](const Json& at, size_t) {
    const std::string text = at.Text();
    const auto ip = Ip::Parse(std::string_view(text).substr(0, text.find('/')));
    if (ip)
      conf.ips.push_back(*ip);
    else
      at.Wrong(Code::kBadConfig, ip.error().message);
  });
  const Json mac = runtime["mac"];
  if (!mac.Text().empty()) conf.mac = mac.Parse<Mac>();
  if (conf.mac && ((conf.mac->bytes[0] & 1) != 0 || *conf.mac == Mac{}))
    mac.Wrong(Code::kBadConfig, fmt::format("{} is not the address of one device", *conf.mac));
}

void ReadValidAttachments(const Json& root, NetConf& conf) {
  root[kValidAttachments].Each([&](const Json& at, size_t) {
    AttachmentKey key{at["containerID"].Text(), at["ifname"].Text()};
    if (key.container.empty() || key.ifname.empty())
      at.Wrong(Code::kBadConfig, "needs containerID and ifname");
    conf.valid_attachments.insert(std::move(key));
  });
}

// What a command needs of the configuration, and from which version on there is such a command.
Outcome<> CheckCommand(Command command, const NetConf& conf, bool has_attachments) {
  const bool is_new = command == Command::kGc || command == Command::kStatus;
  if ((is_new && VersionRank(conf.version) < VersionRank("1.1.0")) ||
      (command == Command::kCheck && VersionRank(conf.version) < VersionRank("0.4.0")))
    return Refuse(Code::kIncompatibleVersion, "cniVersion {} does not have this command",
                  conf.version);
  if (command == Command::kAdd && conf.prev_result)
    return Refuse(Code::kBadConfig,
                  "prevResult is set, but k-vswitch-cni creates the interface: it must be the "
                  "first plugin of network \"{}\"",
                  conf.name);
  if (command == Command::kCheck && !conf.prev_result)
    return Refuse(Code::kBadConfig, "prevResult is missing; CHECK compares with it");
  // If a missing list were taken for an empty one, every pod would lose its network.
  if (command == Command::kGc && !has_attachments)
    return Refuse(Code::kBadConfig,
                  "cni.dev/valid-attachments is missing; GC keeps the attachments in it");
  return {};
}

// Removing a pod is the same in every version, so an unknown or missing version must not prevent
// it: it is replaced by the newest that we support.
bool ReplaceVersion(boost::json::object& configuration) {
  const boost::json::value* version = configuration.if_contains("cniVersion");
  if (version && version->is_string() && VersionRank(version->get_string()) >= 0) return false;
  configuration["cniVersion"] = kNewestVersion;
  return true;
}

Outcome<> CheckVersion(const std::string& version) {
  if (VersionRank(version) >= 0) return {};
  return Refuse(Code::kIncompatibleVersion,
                "cniVersion \"{}\" is not supported; use 0.3.1, 0.4.0, 1.0.0 or 1.1.0", version);
}

}  // namespace

// DEL and GC accept what ADD would refuse, because such a pod must be removed as well.
Outcome<NetConf> NetConf::Decode(Command command, std::string_view text) {
  auto document = ParseJson("network configuration", text);
  if (!document) return tl::unexpected(document.error());
  if (!document->is_object())
    return Refuse(Code::kUndecodable, "network configuration must be a JSON object");
  const bool replaced = command == Command::kDel && ReplaceVersion(document->get_object());
  const bool removes = command == Command::kDel || command == Command::kGc;
  Note note, ignored;
  const Json strict(&*document, "", note), root(&*document, "", removes ? ignored : note);
  NetConf conf;
  conf.version = strict["cniVersion"].Text();
  if (note.failure()) return tl::unexpected(*note.failure());
  if (const auto good = CheckVersion(conf.version); !good) return tl::unexpected(good.error());
  conf.name = root["name"].Text();
  if (!IsIdentifier(conf.name))
    root["name"].Wrong(Code::kBadConfig,
                       fmt::format("\"{}\" must be letters, digits, '_', '.' and '-', and begin "
                                   "with a letter or digit",
                                   conf.name));
  ReadSwitch(root, conf);
  ReadIpam(root, conf);
  ReadRuntimeConfig(root, conf);
  if (root["dns"].Object()) conf.dns = boost::json::serialize(*root["dns"].value());
  if (root["prevResult"].Object()) conf.prev_result = ReadResult(root["prevResult"]);
  if (ignored.failure()) conf.prev_result.reset();
  if (command == Command::kGc) ReadValidAttachments(strict, conf);
  conf.raw = replaced ? boost::json::serialize(*document) : std::string(text);
  if (note.failure()) return tl::unexpected(*note.failure());
  // null is an empty list: Go encodes a nil slice like that.
  const bool has_attachments = document->get_object().contains(kValidAttachments);
  return CheckCommand(command, conf, has_attachments).map([&] { return std::move(conf); });
}

std::string AnswerVersion(std::string_view text) {
  const auto document = ParseJson("network configuration", text);
  Note note;
  const std::string version =
      document ? Json(&*document, "", note)["cniVersion"].Text() : std::string();
  return VersionRank(version) >= 0 ? version : std::string(kNewestVersion);
}

}  // namespace kvs::cni
