#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "feed/conntrack_table.h"
#include "ovsdb/dpctl.h"

namespace kvs::agent {

// Tells while it can still be helped that connections fill what holds them: a limit of our zones,
// or the whole table.
class ConntrackAlarm {
 public:
  // By what was seen last. `netdev`: on the userspace datapath.
  void Update(const feed::ConntrackTable& table, const std::vector<ovsdb::ZoneLimit>& zones,
              bool netdev);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  bool NearlyFull(const std::string& what, uint64_t used, uint64_t most);

  std::set<std::string> full_;  // told, and not over
  std::vector<Problem> problems_;
};

}  // namespace kvs::agent
