#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/namespaced_name.h"
#include "cni/failure.h"

// The environment variables of a CNI call (CNI specification 1.1.0, "Parameters").
namespace kvs::cni {

enum class Command { kAdd, kDel, kCheck, kGc, kStatus, kVersion };

struct Env {
  Command command = Command::kVersion;
  std::string container;          // CNI_CONTAINERID
  std::string netns;              // CNI_NETNS, a path; may be empty on DEL
  std::string ifname;             // CNI_IFNAME
  std::vector<std::string> path;  // CNI_PATH, where delegated plugins are
  bool netns_override = false;    // CNI_NETNS_OVERRIDE: the plugin may be in the pod's namespace
  bool never_attached = false;    // of a DEL: ADD refuses what is asked for here
  // Of CNI_ARGS; empty outside Kubernetes. Namespace and name are there both, or neither.
  NamespacedName pod;
  std::string pod_uid;

  // Checks what the command needs and the form of what is there. `get` is getenv(3). Fails with
  // Code::kBadEnvironment; the message names the variable. Nothing but CNI_COMMAND is read for
  // VERSION.
  static Outcome<Env> Read(const std::function<const char*(const char*)>& get);

  // "container/ifname": what an attachment is known by.
  std::string attachment() const { return container + "/" + ifname; }
  // "namespace/name" of the pod, or the attachment where the runtime told none.
  std::string who() const;

  friend bool operator==(const Env&, const Env&) = default;
};

// An interface name that Linux takes: 1 to 15 printable ASCII letters, not "." or "..", no '/' or
// ':', and no '%', by which the kernel means a number of its choice.
bool IsInterfaceName(std::string_view name);
// An identifier of the CNI specification: alphanumeric, then also '_', '.' and '-'.
bool IsIdentifier(std::string_view text);

}  // namespace kvs::cni
