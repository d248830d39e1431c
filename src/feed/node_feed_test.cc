#include "feed/node_feed.h"

#include <gtest/gtest.h>

#include <chrono>

namespace kvs::feed {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(50);

// Hands the test what the feed asked for.
struct FakeSource : kube::Source {
  std::unique_ptr<kube::Subscription> Watch(kube::Kind, kube::WatchHandlers wanted) override {
    handlers = std::move(wanted);
    return std::make_unique<kube::Subscription>();
  }
  std::unique_ptr<kube::Subscription> WatchProblems(OnProblems) override { return nullptr; }
  void Apply(const kube::Object&, std::string_view, Done) override {}
  void Delete(kube::Kind, const std::string&, std::string_view, Done) override {}
  void Report(const kube::Event&) override {}

  kube::WatchHandlers handlers;
};

class NodeFeedTest : public testing::Test {
 protected:
  NodeFeedTest() {
    for (const char* name : {"node1", "node2", "node3"}) Put(name);
    source_.handlers.on_synced();
  }
  void Put(const std::string& name) {
    kube::VSwitchConfig config;
    config.meta.name = name;
    source_.handlers.on_put(config);
  }
  void Erase(const std::string& name) { source_.handlers.on_erase(name); }
  void Pass(milliseconds time) {
    io::Timer end(loop_, [this] { loop_.Stop(); });
    end.Start(time);
    loop_.Run();
  }

  io::Loop loop_;
  FakeSource source_;
  world::World world_;
  NodeFeed feed_{loop_, source_, "node2", world_, [] {}, kPatience};
};

TEST_F(NodeFeedTest, ANodeThatIsDeletedIsGoneAfterAWhile) {
  Erase("node3");
  EXPECT_EQ(world_.nodes.size(), 3u);
  Pass(3 * kPatience);
  EXPECT_EQ(world_.nodes.size(), 2u);
  EXPECT_EQ(feed_.all().size(), 2u);
}

TEST_F(NodeFeedTest, NodesStayWhenAllOfTheInstallIsDeleted) {
  for (const char* name : {"node1", "node2", "node3"}) Erase(name);
  EXPECT_EQ(feed_.own(), nullptr);
  Pass(3 * kPatience);
  EXPECT_EQ(world_.nodes.size(), 3u);
  Put("node2");
  EXPECT_NE(feed_.own(), nullptr);
  EXPECT_EQ(world_.nodes.size(), 3u) << "the others may follow";
  Put("node1");
  Pass(3 * kPatience);
  EXPECT_EQ(world_.nodes.size(), 2u) << "node3 did not";
}

}  // namespace
}  // namespace kvs::feed
