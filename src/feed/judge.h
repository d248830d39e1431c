#pragma once

#include <string>
#include <vector>

#include "base/net.h"

namespace kvs::feed {

// What the API says of addresses is judged before anything is made of it, here a second time: the
// controller refuses most of it already, but not what only this node sees, and not what somebody
// wrote past it.
class Judge {
 public:
  // An address that is not any pod's.
  struct Taken {
    Ip ip;
    std::string whose;  // "this node's", "the overlay address of node2"
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  explicit Judge(std::vector<Taken> taken);

  // Why `range` can't be pods'; "" if it can.
  std::string ObjectionToPods(const Prefix& range) const;
  // Why `ip` can't be a pod's; "" if it can.
  std::string ObjectionToPod(const Ip& ip) const;

 private:
  std::vector<Taken> taken_;  // by address
};

}  // namespace kvs::feed
