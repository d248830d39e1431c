#pragma once

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/result.h"

namespace kvs::exec {

// Calls `work` with every item, in at most `at_once` threads, and waits for all of them. The Error
// contains every failure.
template <class Items, class Work>
Result<> ForEachAtOnce(Items& items, Work work, size_t at_once = 8) {
  std::mutex mutex;  // guards the two below
  auto next = std::begin(items);
  std::string failures;
  const auto worker = [&] {
    for (;;) {
      std::unique_lock lock(mutex);
      if (next == std::end(items)) return;
      auto& item = *next++;
      lock.unlock();
      const Result<> done = work(item);
      if (done) continue;
      lock.lock();
      failures += (failures.empty() ? "" : "; ") + done.error().message;
    }
  };
  {
    std::vector<std::jthread> workers;
    try {
      for (size_t i = 0; i < std::min(at_once, std::size(items)); ++i) workers.emplace_back(worker);
    } catch (const std::system_error&) {  // no more threads
      worker();
    }
  }
  if (!failures.empty()) return Fail("{}", failures);
  return {};
}

}  // namespace kvs::exec
