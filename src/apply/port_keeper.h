#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/net.h"
#include "io/work.h"
#include "netlink/link.h"
#include "ovsdb/session.h"

namespace kvs::apply {

// Groups (IFLA_GROUP) of the host ends of pods' veths: in use, and to be deleted by the agent.
inline constexpr uint32_t kLiveGroup = 27;
inline constexpr uint32_t kDeadGroup = 28;

// What is wrong between the pods' ports in OVSDB and their links in the kernel.
struct PortFaults {
  std::vector<std::string>
      without_link;  // after a reboot: the pod is gone, its address is free again
  std::vector<netlink::Link>
      without_port;  // OVSDB was lost or rolled back: the link's alias tells the attachment
};
PortFaults FindPortFaults(const ovsdb::Bridge& bridge, const ovsdb::Replica& there,
                          const std::vector<netlink::Link>& links);

// Mends them, once a fault has lasted longer than a CNI call takes, and deletes the links that DEL
// left to the agent.
class PortKeeper {
 public:
  struct Counters {
    uint64_t stale_ports = 0;     // deleted
    uint64_t restored_ports = 0;  // made again from a link's alias
    uint64_t reaped_links = 0;
  };

  using Links = std::function<std::vector<netlink::Link>()>;  // all there are now

  PortKeeper(io::Loop& loop, ovsdb::Session& session, std::string bridge, Links links);

  // To be called when a link or a port may have changed, and now and then; looks again by itself
  // when a fault has lasted.
  void Check();
  // Deletes the links of kDeadGroup, if there are any, beside the loop: the kernel takes 30 ms and
  // more. Calling it seldom deletes many at once.
  void Reap();

  const Counters& counters() const { return counters_; }

 private:
  void Mend(const ovsdb::Bridge& bridge, const PortFaults& faults);
  void Mended(const PortFaults& faults);
  std::chrono::milliseconds Left(const std::string& fault);

  io::Loop& loop_;
  ovsdb::Session& session_;
  std::string bridge_;
  Links links_;
  io::Timer again_;
  std::map<std::string, std::chrono::milliseconds> since_;  // when a fault was first seen
  std::unique_ptr<io::Work> reaping_;
  bool busy_ = false;
  Counters counters_;
};

}  // namespace kvs::apply
