#include "controller/main.h"

// The tour goes on in controller/plan.h.
int main(int argc, char** argv) { return kvs::controller::Main(argc, argv); }
