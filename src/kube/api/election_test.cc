#include "kube/api/election.h"

#include <gtest/gtest.h>

#include "io/fake_http_server.h"
#include "io/test_loop.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;
using io::FakeHttpServer;

// An API server that keeps one lease, and counts what else is asked.
class ElectionTest : public testing::Test {
 protected:
  ElectionTest() {
    server_.Start(loop_, [this](const FakeHttpServer::Request& request, const auto& peer) {
      if (!request.path.starts_with("/apis/coordination.k8s.io/")) ++others_;
      if (request.method == "POST" || request.method == "PUT") {
        ++writes_;
        lease_ = request.body;
      }
      peer->Answer(lease_.empty() ? 404 : 200, "application/json", lease_.empty() ? "{}" : lease_);
    });
  }

  io::TestLoop loop_;
  FakeHttpServer server_{51};
  std::string lease_;
  int writes_ = 0, others_ = 0;
};

TEST_F(ElectionTest, RenewsWhileTheProgramsRequestsWait) {
  ApiClient client(loop_, {.servers = {"http://" + server_.address()}});
  int lost = 0;
  Election election(loop_, client, "kube-system", "one", "me",
                    {.on_lead = [] {}, .on_lose = [&] { ++lost; }});
  ASSERT_TRUE(loop_.Until([&] { return election.leading(); }));
  constexpr int kMany = 300;  // 13 s at the client's rate
  std::vector<std::unique_ptr<io::HttpExchange>> waiting;
  for (int i = 0; i < kMany; ++i)
    waiting.push_back(client.Ask({.path = "/api/v1/nodes"}, [](const auto&) {}));
  ASSERT_TRUE(loop_.Until([&] { return writes_ >= 2; }));
  EXPECT_LT(others_, kMany / 2);
  EXPECT_EQ(lost, 0);
}

TEST_F(ElectionTest, AsksWhereTheProgramHasLearntThatAServerIs) {
  ApiClient client(loop_, {.servers = {"http://127.0.0.1:1"}});
  Election election(loop_, client, "kube-system", "one", "me",
                    {.on_lead = [] {}, .on_lose = [] {}});
  client.Learn({"http://" + server_.address()});
  EXPECT_TRUE(loop_.Until([&] { return election.leading(); }));
}

}  // namespace
}  // namespace kvs::kube
