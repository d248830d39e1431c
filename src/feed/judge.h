#pragma once

#include <string>
#include <vector>

#include "base/net.h"

namespace kvs::feed {

// Checks addresses from the API before they are used. The controller has refused most of the bad
// ones; this check adds those that only this node can detect, and those that were written without
// the controller.
class Judge {
 public:
  // An address that can't be a pod's.
  struct Taken {
    Ip ip;
    std::string whose;  // "this node's", "the overlay address of node2"
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  explicit Judge(std::vector<Taken> taken);

  // Why `range` can't be a pod range; "" if it can.
  std::string ObjectionToPods(const Prefix& range) const;
  // Why `ip` can't be a pod's address; "" if it can.
  std::string ObjectionToPod(const Ip& ip) const;

 private:
  std::vector<Taken> taken_;  // by address
};

}  // namespace kvs::feed
