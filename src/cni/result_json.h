#pragma once

#include "cni/cni_result.h"
#include "cni/json.h"

// Decodes a CniResult within a larger document. Only for .cc files.
namespace kvs::cni {

CniResult ReadResult(const Json& at);

}  // namespace kvs::cni
