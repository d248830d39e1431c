#include "cni/env.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace kvs::cni {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 6> kCommands{
    {{"ADD", Command::kAdd},
     {"DEL", Command::kDel},
     {"CHECK", Command::kCheck},
     {"GC", Command::kGc},
     {"STATUS", Command::kStatus},
     {"VERSION", Command::kVersion}}};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool IsTrue(std::string_view text) {
  return text == "1" || text == "true" || text == "TRUE" || text == "True" || text == "t";
}

// For messages: characters that are unsafe for a terminal or a log are shown as \xNN, and long text
// is cut.
std::string Shown(std::string_view text) {
  constexpr size_t kMost = 64;
  std::string shown;
  for (const unsigned char c : text.substr(0, kMost))
    shown +=
        c < 0x20 || c > 0x7e ? fmt::format("\\x{:02x}", c) : std::string(1, static_cast<char>(c));
  return text.size() > kMost ? shown + "..." : shown;
}

// CNI_ARGS: "KEY=VALUE;KEY=VALUE". The keys that kubelet's runtimes send are known; others are
// refused unless IgnoreUnknown=true is among them.
Outcome<> ReadArgs(std::string_view text, Env& env) {
  bool ignore = false;
  std::string unknown;
  for (const std::string& pair : Split(text, ';')) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos)
      return Refuse(Code::kBadEnvironment, "CNI_ARGS: \"{}\" is not KEY=VALUE", Shown(pair));
    const std::string key = pair.substr(0, equals);
    std::string value = pair.substr(equals + 1);
    if (key == "IgnoreUnknown")
      ignore = IsTrue(value);
    else if (key == "K8S_POD_NAMESPACE")
      env.pod.ns = std::move(value);
    else if (key == "K8S_POD_NAME")
      env.pod.name = std::move(value);
    else if (key == "K8S_POD_UID")
      env.pod_uid = std::move(value);
    else if (key != "K8S_POD_INFRA_CONTAINER_ID")
      unknown = key;
  }
  if (!unknown.empty() && !ignore)
    return Refuse(Code::kBadEnvironment,
                  "CNI_ARGS: \"{}\" is unknown; omit it or add IgnoreUnknown=1", Shown(unknown));
  // Each has the form of a name or a UID, of at most 253 characters (RFC 1123).
  for (const std::string* name : {&env.pod.ns, &env.pod.name, &env.pod_uid})
    if (!name->empty() && (!IsIdentifier(*name) || name->size() > 253))
      return Refuse(Code::kBadEnvironment, "CNI_ARGS: \"{}\" is not a Kubernetes name",
                    Shown(*name));
  // A pod needs both parts.
  if (env.pod.ns.empty() || env.pod.name.empty()) env.pod = {};
  return {};
}

Outcome<> CheckNeeds(const Env& env) {
  const bool one = env.command == Command::kAdd || env.command == Command::kDel ||
                   env.command == Command::kCheck;
  if (!one) return {};
  if (env.container.empty()) return Refuse(Code::kBadEnvironment, "CNI_CONTAINERID is missing");
  // It must fit into the link's alias, 255 bytes.
  if (!IsIdentifier(env.container) || env.container.size() > 128)
    return Refuse(Code::kBadEnvironment,
                  "CNI_CONTAINERID: \"{}\" must be at most 128 letters, digits, '_', '.' and '-', "
                  "and begin with a letter or digit",
                  Shown(env.container));
  if (env.ifname.empty()) return Refuse(Code::kBadEnvironment, "CNI_IFNAME is missing");
  if (!IsInterfaceName(env.ifname))
    return Refuse(Code::kBadEnvironment,
                  "CNI_IFNAME: \"{}\" must be at most 15 letters, digits and signs other than '/', "
                  "':' and '%'",
                  Shown(env.ifname));
  if (env.netns.empty() && env.command != Command::kDel)
    return Refuse(Code::kBadEnvironment, "CNI_NETNS is missing");
  return {};
}

}  // namespace

bool IsInterfaceName(std::string_view name) {
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         std::ranges::none_of(name, [](unsigned char c) {
           return c == '/' || c == ':' || c == '%' || c <= 0x20 || c > 0x7e;
         });
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) &&
         std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '.' || c == '-';
         });
}

std::string Env::who() const {
  return pod.empty() ? "container " + attachment() : "pod " + pod.ToString();
}

Outcome<Env> Env::Read(const std::function<const char*(const char*)>& get) {
  const auto text = [&](const char* name) {
    const char* value = get(name);
    return std::string(value ? value : "");
  };
  Env env;
  const std::string command = text("CNI_COMMAND");
  const auto known =
      std::ranges::find(kCommands, command, [](const auto& one) { return one.first; });
  if (known == kCommands.end())
    return Refuse(Code::kBadEnvironment,
                  "CNI_COMMAND is \"{}\"; a container runtime calls k-vswitch-cni with ADD, DEL, "
                  "CHECK, GC, STATUS or VERSION",
                  Shown(command));
  env.command = known->second;
  if (env.command == Command::kVersion) return env;
  env.container = text("CNI_CONTAINERID");
  env.netns = text("CNI_NETNS");
  env.ifname = text("CNI_IFNAME");
  env.path = Split(text("CNI_PATH"), ':');
  env.netns_override = IsTrue(text("CNI_NETNS_OVERRIDE"));
  auto checked = CheckNeeds(env).and_then([&] { return ReadArgs(text("CNI_ARGS"), env); });
  // Parameters that ADD refuses were never attached, so DEL has nothing to do; only a call that
  // lacks the parameters is an error.
  env.never_attached =
      !checked && env.command == Command::kDel && !env.container.empty() && !env.ifname.empty();
  if (!checked && !env.never_attached) return tl::unexpected(checked.error());
  return env;
}

}  // namespace kvs::cni
