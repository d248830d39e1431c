#include "agent/main.h"

// The tour goes on in agent/agent.h.
int main(int argc, char** argv) { return kvs::agent::Main(argc, argv); }
