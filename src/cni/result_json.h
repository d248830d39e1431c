#pragma once

#include "cni/cni_result.h"
#include "cni/json.h"

// Reading a CniResult that is part of a larger document. Only for .cc files.
namespace kvs::cni {

CniResult ReadResult(const Json& at);

}  // namespace kvs::cni
