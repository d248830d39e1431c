#include "flow/action.h"

namespace kvs::flow {

bool operator==(const Ct& a, const Ct& b) {
  return a.commit == b.commit && a.force == b.force && a.zone == b.zone && a.table == b.table &&
         a.alg == b.alg && a.nat == b.nat && a.exec == b.exec;
}

}  // namespace kvs::flow
