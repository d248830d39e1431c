#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/problem.h"
#include "feed/conntrack_table.h"
#include "ovsdb/dpctl.h"

namespace kvs::agent {

// Warns before connections fill a limit of our zones, or the whole table.
class ConntrackAlarm {
 public:
  // The values of the last look. `netdev`: the userspace datapath is used.
  void Update(const feed::ConntrackTable& table, const std::vector<ovsdb::ZoneLimit>& zones,
              bool netdev);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  bool NearlyFull(const std::string& what, uint64_t used, uint64_t most);

  std::set<std::string> full_;  // reported, and still full
  std::vector<Problem> problems_;
};

}  // namespace kvs::agent
