#pragma once

#include "kube/object/objects.h"

// Arbitrary objects for property tests; call these inside one (rapidcheck).
namespace kvs::kube {

Object AnyObject();

}  // namespace kvs::kube
