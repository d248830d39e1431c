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
  bool never_attached = false;    // of a DEL: ADD would have refused these parameters
  // From CNI_ARGS; empty outside Kubernetes. Either both namespace and name are set, or neither.
  NamespacedName pod;
  std::string pod_uid;

  // Checks that the variables that the command needs exist, and the form of all. `get` is
  // getenv(3). Fails with Code::kBadEnvironment; the message names the variable. For VERSION only
  // CNI_COMMAND is read.
  static Outcome<Env> Read(const std::function<const char*(const char*)>& get);

  // "container/ifname", which identifies an attachment.
  std::string attachment() const { return container + "/" + ifname; }
  // "namespace/name" of the pod, or the attachment if the runtime did not give it.
  std::string who() const;

  friend bool operator==(const Env&, const Env&) = default;
};

// An interface name that Linux accepts: 1 to 15 printable ASCII characters, not "." or "..", no '/'
// or ':', and no '%', which the kernel replaces by a number.
bool IsInterfaceName(std::string_view name);
// An identifier of the CNI specification: alphanumeric first, then also '_', '.' and '-'.
bool IsIdentifier(std::string_view text);

}  // namespace kvs::cni
