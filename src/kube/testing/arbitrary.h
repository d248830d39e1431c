#pragma once

#include "kube/object/objects.h"

// Any object, for property tests; to be called within one (rapidcheck).
namespace kvs::kube {

Object AnyObject();

}  // namespace kvs::kube
