// kvs: see and try k-vswitch. `kvs lab demo` is the place to begin; see cli/cli.h.
#include "cli/cli.h"

int main(int argc, char** argv) { return kvs::cli::Main(argc, argv); }
