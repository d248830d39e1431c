#include "cli/lab/clean_up.h"

#include <chrono>
#include <thread>

#include "cli/terminal/output.h"
#include "lab/machine/state.h"

namespace kvs::cli {

// After a kill, a program that was being started holds the lock until it runs: fork(2) passes the
// lock on, and exec(3) closes it.
void CleanIfNobodysLab(const std::string& name, bool killed) {
  const auto state = lab::State::Of(name);
  if (!state || !state->Exists()) return;
  auto lock = lab::Lock::Take(*state);
  for (int i = 0; killed && !lock && i < 100; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    lock = lab::Lock::Take(*state);
  }
  if (!lock) return;
  if (const auto cleaned = state->Clean(); !cleaned) PrintError(cleaned.error().message);
}

}  // namespace kvs::cli
