#pragma once

namespace kvs::agent {

// The program k-vswitchd: reads the flags, runs the agent until SIGTERM or SIGINT, and leaves the
// datapath working. Exit codes: 0 ended by a signal, 1 could not start, 2 wrong flags.
int Main(int argc, char** argv);

}  // namespace kvs::agent
