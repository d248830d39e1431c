#include <cstdint>
#include <cstdlib>

#include "ovsdb/conversation.h"

// Any bytes from a server, in any pieces: nothing breaks, and the pieces make no difference.
namespace kvs::ovsdb {
namespace {

struct Ending {
  Replica replica;
  std::string sent, log;

  friend bool operator==(const Ending&, const Ending&) = default;
};

Ending Listen(std::string_view first, std::string_view second) {
  Ending ending;
  Replication replication;
  Conversation conversation(
      replication, {[&](std::string_view bytes) { ending.sent += bytes; },
                    [&](const Change& change) { ending.log += change.empty() ? "0" : "c"; }});
  conversation.CheckSchema([&](const Result<>& done) { ending.log += done ? "s" : "S"; });
  conversation.StartMonitor(MonitorAll(),
                            [&](const Result<>& done) { ending.log += done ? "m" : "M"; });
  Transaction transaction;
  transaction.Insert(Table::kPort, {{"name", "p"}});
  transaction.Select(Table::kInterface, {});
  conversation.Transact(transaction, [&](const Outcome& done) { ending.log += done ? "t" : "T"; });
  Result<> good = conversation.Receive(first);
  if (good) good = conversation.Receive(second);
  if (!good) conversation.Close(good.error());
  ending.replica = replication.replica;
  return ending;
}

}  // namespace
}  // namespace kvs::ovsdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t cut = size == 0 ? 0 : data[size - 1] % size;
  const auto whole = kvs::ovsdb::Listen(bytes, "");
  if (!(kvs::ovsdb::Listen(bytes.substr(0, cut), bytes.substr(cut)) == whole)) std::abort();
  return 0;
}
