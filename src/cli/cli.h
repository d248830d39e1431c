#pragma once

namespace kvs::cli {

// The program kvs: what people ask of k-vswitch, and the lab. Gives the exit code (exit_code.h).
int Main(int argc, char** argv);

}  // namespace kvs::cli
