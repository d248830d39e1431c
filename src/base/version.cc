#include "base/version.h"

namespace kvs {

const char* const kVersion = KVS_VERSION;

}  // namespace kvs
