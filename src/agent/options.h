#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kube/connect.h"

namespace kvs::agent {

// The flags of k-vswitchd (docs/operate.md). Empty: not used, or a default that is determined at
// run time.
struct Options {
  std::string node_name;                           // as the Node is called
  kube::ConnectOptions kubernetes;                 // where its objects are
  std::string ovsdb = "/run/openvswitch/db.sock";  // ovsdb-server's socket
  std::string ovs_run_dir;                 // holds <bridge>.mgmt; default: the folder of `ovsdb`
  std::string run_dir = "/run/k-vswitch";  // holds agent.sock and agent.lock
  std::string cni_conf_dir;                // where 10-k-vswitch.conflist goes, last of all
  std::string cni_bin_dir;                 // where the plugin goes
  std::vector<std::string> cni_binaries;   // the plugins to install there
  std::string proc_sys = "/proc/sys";      // the kernel's settings, where they can be written
  std::string datapath = "auto";           // auto, system or netdev
  std::string health_address;              // IP:PORT for /healthz, /readyz, /metrics
  std::string metrics_address;             // IP:PORT for /metrics alone

  std::string ovs_folder() const {
    return ovs_run_dir.empty() ? std::filesystem::path(ovsdb).parent_path().string() : ovs_run_dir;
  }

  std::string agent_socket() const { return run_dir + "/agent.sock"; }
  std::string lock_file() const { return run_dir + "/agent.lock"; }

  // Records for uninstalling (uninstall.h): they describe the kernel's settings and this install,
  // and are lost with them at the next boot, as run_dir is.
  std::string settings_record() const { return run_dir + "/found-settings"; }
  std::string uninstalled_mark() const { return run_dir + "/uninstalled"; }
  // The record of other projects' plugins that were installed into cni_bin_dir; empty: not kept.
  std::string plugin_record() const {
    return kubernetes.state_dir.empty() ? "" : kubernetes.state_dir + "/cni-plugins";
  }
};

}  // namespace kvs::agent
