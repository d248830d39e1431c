#pragma once

namespace kvs::controller {

// The program k-vswitch-controller: flags, wiring, signals. Returns the exit status: 0 after
// SIGTERM or SIGINT, 1 if something can't be opened, 2 for wrong flags.
int Main(int argc, char** argv);

}  // namespace kvs::controller
