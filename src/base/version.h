#pragma once

namespace kvs {

// Of this build: "0.1.0".
extern const char* const kVersion;

}  // namespace kvs
