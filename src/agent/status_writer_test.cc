#include "agent/status_writer.h"

#include <gtest/gtest.h>

namespace kvs::agent {
namespace {

using namespace std::chrono_literals;

// Counts what is written, and answers at once.
class Writes : public kube::Source {
 public:
  std::unique_ptr<kube::Subscription> Watch(kube::Kind, kube::WatchHandlers) override { return {}; }
  std::unique_ptr<kube::Subscription> WatchProblems(OnProblems) override { return {}; }
  void Apply(const kube::Object& object, std::string_view, Done done) override {
    ++count;
    status = std::get<kube::VSwitchConfig>(object).status;
    done({});
  }
  void Delete(kube::Kind, const std::string&, std::string_view, Done) override {}
  void Report(const kube::Event&) override {}

  int count = 0;
  kube::VSwitchConfigStatus status;
};

TEST(StatusWriter, TakesItsConditionBackFromWhoChangedIt) {
  Writes writes;
  StatusWriter writer(writes);
  kube::VSwitchConfig shown{.meta = {.name = "node1", .uid = "u"}};
  kube::VSwitchConfigStatus status;
  status.conditions = {{.type = "Ready", .status = "True"}};
  writer.Write(20s, shown, status);
  shown.status = writes.status;
  writer.Write(24s, shown, status);
  EXPECT_EQ(writes.count, 1);
  shown.status.conditions = {{.type = "Ready", .status = "Unknown", .reason = "NodeUnreachable"}};
  for (StatusWriter::Time now = 28s; now <= 32s; now += 4s) writer.Write(now, shown, status);
  EXPECT_EQ(writes.count, 2);
  EXPECT_EQ(writes.status, status);
}

}  // namespace
}  // namespace kvs::agent
