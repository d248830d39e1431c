#pragma once

namespace kvs::cli {

// The program kvs: status, diagnosis and tests of k-vswitch, and the lab. Returns the exit code
// (exit_code.h).
int Main(int argc, char** argv);

}  // namespace kvs::cli
