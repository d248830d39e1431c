#pragma once

#include <cstdio>
#include <cstdlib>

namespace kvs {

// A broken precondition is a bug, and going on would hide it: prints it and aborts the program.
inline void AbortUnless(bool holds, const char* precondition) {
  if (holds) return;
  std::fprintf(stderr, "bug: violated: %s\n", precondition);
  std::abort();
}

}  // namespace kvs
