#include "kube/api/api_client.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/own_folder.h"
#include "io/fake_http_server.h"
#include "io/test_loop.h"

namespace kvs::kube {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using io::FakeHttpServer;
using PeerPtr = std::shared_ptr<FakeHttpServer::Peer>;

class ApiClientTest : public testing::Test {
 protected:
  bool Until(const std::function<bool()>& condition) { return loop_.Until(condition); }
  // Answers 401 to who doesn't have that.
  void Serve(const std::string& authorization) {
    server_.Start(
        loop_, [this, authorization](const FakeHttpServer::Request& request, const PeerPtr& peer) {
          requests_.push_back(request);
          const auto at = request.headers.find("authorization");
          const bool good = authorization == (at == request.headers.end() ? "" : at->second);
          peer->Answer(good ? 200 : 401, "application/json", "{}");
        });
  }
  // The status, or the error.
  std::string Ask(ApiClient& client) {
    std::string said;
    const auto exchange = client.Ask({.path = "/version"}, [&](const auto& answer) {
      said = answer ? fmt::format("{}", answer->head.status) : answer.error().message;
    });
    EXPECT_TRUE(said.empty()) << "called from within Ask()";
    EXPECT_TRUE(Until([&] { return !said.empty(); }));
    return said;
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    chmod((folder_ + "/" + name).c_str(), 0700);
    return folder_ + "/" + name;
  }
  std::string Url() const { return "http://" + server_.address(); }
  // Does it with openssl.
  void Shell(const std::string& command) {
    bool ended = false;
    const auto process = io::Process::Run(loop_, {"sh", "-c", "cd " + folder_ + " && " + command},
                                          "", [&](const auto& outcome) {
                                            ended = true;
                                            EXPECT_EQ(outcome->exit_code, 0) << outcome->output;
                                          });
    ASSERT_TRUE(Until([&] { return ended; }));
  }

  io::TestLoop loop_;
  const OwnFolder own_;
  const std::string& folder_ = own_.path();
  FakeHttpServer server_{50};
  std::vector<FakeHttpServer::Request> requests_;
};

TEST_F(ApiClientTest, ReadsARefusedTokenAgain) {
  ApiClient client(loop_, {.servers = {Url()}, .token = {.file = Write("token", "old\n")}});
  Serve("Bearer old");
  EXPECT_EQ(Ask(client), "200");
  server_.Stop();
  Serve("Bearer new");
  EXPECT_EQ(Ask(client), "401");
  Write("token", "new\n");
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(requests_.back().headers.at("user-agent").substr(0, 10), "k-vswitch/");
}

TEST_F(ApiClientTest, SaysWhichCredentialsCannotBeRead) {
  ApiClient client(loop_, {.servers = {Url()}, .token = {.file = folder_ + "/token"}});
  Serve("Bearer t");
  EXPECT_EQ(Ask(client), "credentials: " + folder_ + "/token: open: No such file or directory");
  Write("token", "t");
  EXPECT_EQ(Ask(client), "200");
}

TEST_F(ApiClientTest, GoesToTheNextServerAndStaysThere) {
  Serve("");
  FakeHttpServer nobody(51);
  ApiClient client(loop_, {.servers = {"http://" + nobody.address()}});
  client.Learn({Url(), Url(), "http://" + nobody.address()});
  EXPECT_NE(Ask(client).find("Couldn't connect"), std::string::npos);
  EXPECT_EQ(client.server(), Url());
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(Ask(client), "200");
  server_.Stop();
  EXPECT_NE(Ask(client).find("Couldn't connect"), std::string::npos);
  EXPECT_EQ(client.server(), "http://" + nobody.address()) << "round and round";
}

TEST_F(ApiClientTest, CountsWhatCameOfItsRequests) {
  ApiClient client(loop_, {.servers = {Url()}, .token = {.file = folder_ + "/token"}});
  Ask(client);  // there is no token
  Write("token", "t");
  Serve("Bearer t");
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(Ask(client), "200");
  server_.Stop();
  Serve("Bearer another");
  EXPECT_EQ(Ask(client), "401");
  server_.Stop();
  Ask(client);
  EXPECT_EQ(client.requests(),
            (RequestCounts{{{"GET", "200"}, 2}, {{"GET", "401"}, 1}, {{"GET", kNoAnswer}, 2}}));
}

TEST_F(ApiClientTest, SeldomCodesAreCountedTogether) {
  std::set<std::string> codes;
  for (int status = -1; status < 1000; ++status) codes.insert(CodeOf(status));
  EXPECT_EQ(codes.size(), 20u);
  EXPECT_TRUE(codes.contains("429"));
  EXPECT_EQ(CodeOf(418), "4xx");
}

TEST_F(ApiClientTest, KnowsTheAddressesOfItsServers) {
  Serve("");
  ApiClient client(loop_, {.servers = {Url(), "https://[fd00::1]:6443", "https://10.0.0.9/prefix",
                                       "https://api.example:6443"}});
  client.Learn({"https://10.0.0.1:6443"});
  const Ip own = *Ip::Parse(server_.address().substr(0, server_.address().rfind(':')));
  EXPECT_EQ(client.Addresses(), (std::vector<Ip>{own, *Ip::Parse("fd00::1"), *Ip::Parse("10.0.0.9"),
                                                 *Ip::Parse("10.0.0.1")}));
}

TEST_F(ApiClientTest, KnowsTheAddressBehindANameOnceThatAnswered) {
  Serve("");
  const std::string host = server_.address().substr(0, server_.address().rfind(':'));
  const Ip own = *Ip::Parse(host);
  // A name that resolves to it without DNS: inet_aton(3) takes one number.
  const auto& bytes = own.v4().bytes;
  const std::string name =
      fmt::format("0x{:02x}{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2], bytes[3]);
  ApiClient client(loop_, {.servers = {"http://" + name + Url().substr(Url().rfind(':'))}});
  EXPECT_TRUE(client.Addresses().empty());
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(client.Addresses(), std::vector<Ip>{own});
}

TEST_F(ApiClientTest, KeepsToItsRate) {
  Serve("");
  ApiClient client(loop_, {.servers = {Url()}});
  int done = 0;
  std::vector<std::unique_ptr<io::HttpExchange>> exchanges;
  for (int i = 0; i < 45; ++i)
    exchanges.push_back(client.Ask({.path = "/version"}, [&](const auto& answer) {
      EXPECT_TRUE(answer);
      ++done;
    }));
  exchanges.front().reset();  // never asked, and counts for nothing
  const auto began = loop_.Now();
  ASSERT_TRUE(Until([&] { return done >= 30; }));
  ASSERT_TRUE(Until([&] { return done == 44; }));
  EXPECT_GT(loop_.Now() - began, 600ms) << "30 at once, then 20 a second";
  EXPECT_EQ(requests_.size(), 44u);
}

TEST_F(ApiClientTest, AnExchangeMayEndAnywhere) {
  Serve("");
  ApiClient client(loop_, {.servers = {Url()}});
  for (const int at : {0, 1, 2}) {
    std::unique_ptr<io::HttpExchange> exchange;
    int calls = 0;
    const auto end_at = [&](int here) {
      ++calls;
      if (here == at) exchange.reset();
    };
    exchange = client.Send({.path = "/version"}, {.on_head = [&](const auto&) { end_at(0); },
                                                  .on_data = [&](const auto&) { end_at(1); },
                                                  .on_done = [&](const auto&) { end_at(2); }});
    ASSERT_TRUE(Until([&] { return !exchange; }));
    EXPECT_EQ(Ask(client), "200");
    EXPECT_EQ(calls, at + 1);
  }
}

TEST_F(ApiClientTest, RunsACredentialPlugin) {
  const std::string plugin = Write("plugin",
                                   "#!/bin/sh\n"
                                   "echo \"$KUBERNETES_EXEC_INFO\" >" +
                                       folder_ +
                                       "/info\n"
                                       "echo 'Opening your browser ...' >&2\n"
                                       "echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":"
                                       "{\\\"token\\\":\\\"$WHO-$1\\\"}}\"\n"
                                       "echo bye\n");
  ApiClient client(loop_, {.servers = {Url()},
                           .exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                                              .argv = {plugin, "2"},
                                              .env = {"WHO=me and you"}}});
  Serve("Bearer me and you-2");
  EXPECT_EQ(Ask(client), "200");
  std::ifstream info(folder_ + "/info");
  const std::string said{std::istreambuf_iterator<char>(info), {}};
  EXPECT_EQ(said,
            "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
            "\"spec\":{\"interactive\":false}}\n");
  fs::remove(folder_ + "/info");
  EXPECT_EQ(Ask(client), "200");
  EXPECT_FALSE(fs::exists(folder_ + "/info")) << "its credentials are kept";
  server_.Stop();
  Serve("Bearer other");
  EXPECT_EQ(Ask(client), "401");
  EXPECT_EQ(Ask(client), "401");
  EXPECT_TRUE(fs::exists(folder_ + "/info")) << "but not if they are refused";
}

TEST_F(ApiClientTest, GoesThroughTheProxyOfItsKubeconfig) {
  Serve("Bearer t");
  ApiClient client(loop_,
                   {.servers = {"http://api.invalid"}, .proxy = Url(), .token = {.text = "t"}});
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(requests_.back().path, "http://api.invalid/version");
}

TEST_F(ApiClientTest, RunsACredentialPluginAgainWhenWhatItGaveHasExpired) {
  const auto plugin = [&](const std::string& expires) {
    return Write("plugin", fmt::format("#!/bin/sh\necho run >>{0}/runs\necho '{{\"status\": "
                                       "{{\"token\": \"t\", \"expirationTimestamp\": "
                                       "\"{1}\"}}}}'\n",
                                       folder_, expires));
  };
  const auto runs = [&] {
    std::ifstream file(folder_ + "/runs");
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  Serve("Bearer t");
  ApiClient client(
      loop_, {.servers = {Url()}, .exec = ExecPlugin{.argv = {plugin("2001-01-01T00:00:00Z")}}});
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(runs(), 1) << "used for a moment all the same";
  loop_.Advance(1s);
  plugin("2101-01-01T00:00:00+01:00");
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(runs(), 2);
  loop_.Advance(1s);
  EXPECT_EQ(Ask(client), "200");
  EXPECT_EQ(runs(), 2) << "good for long";
}

TEST(ExecCredential, ExpiresAtATimeOfAnyForm) {
  const auto at = [](const std::string& time) -> std::string {
    const auto given = ReadExecCredential(
        {.argv = {"plugin"}},
        R"({"status": {"token": "t", "expirationTimestamp": ")" + time + R"("}})");
    if (!given) return given.error().message;
    if (!given->expires) return "never";
    return fmt::format("{}", std::chrono::system_clock::to_time_t(*given->expires));
  };
  EXPECT_EQ(at(""), "never");
  EXPECT_EQ(at("1970-01-01T02:00:07Z"), "7207");
  EXPECT_EQ(at("1970-01-01T02:00:07.25Z"), "7207");
  EXPECT_EQ(at("1970-01-01T02:00:07+01:30"), "1807");
  EXPECT_EQ(at("1970-01-01T02:00:07.123-01:00"), "10807");
  for (const char* bad :
       {"tomorrow", "1970-01-01T02:00:07", "1970-01-01T02:00:07+1", "1970-01-01T02:00:07+aa:bb"})
    EXPECT_EQ(
        at(bad),
        fmt::format("credential plugin plugin: expirationTimestamp \"{}\" is not a time (RFC 3339)",
                    bad));
}

TEST_F(ApiClientTest, APluginThatFailsIsAskedAgain) {
  const std::string plugin = Write("plugin", "#!/bin/sh\necho 'log in first {'; exit 1\n");
  ApiClient client(loop_, {.servers = {Url()}, .exec = ExecPlugin{.argv = {plugin}}});
  Serve("Bearer t");
  EXPECT_EQ(Ask(client),
            "credential plugin " + plugin + ": returned no credentials: log in first {\n");
  EXPECT_TRUE(requests_.empty()) << "nobody is asked without credentials";
  Write("plugin", "#!/bin/sh\necho '{\"status\":{\"token\":\"t\"}}'\n");
  EXPECT_EQ(Ask(client), "200");
}

TEST_F(ApiClientTest, ReadsTheAuthorityAgainWhenTheServersIsAnother) {
  const auto make = [&](const std::string& name) {
    Shell(
        fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "
                    "/CN={0} -addext subjectAltName=DNS:kubernetes -days 2 -keyout {0}.key -out "
                    "{0}.crt",
                    name));
  };
  make("old");
  make("new");
  std::unique_ptr<io::Process> server;
  std::function<void(std::string)> serve = [&](std::string name) {
    server.reset();
    server = io::Process::Run(
        loop_,
        {"openssl", "s_server", "-quiet", "-www", "-accept", server_.address(), "-cert",
         folder_ + "/" + name + ".crt", "-key", folder_ + "/" + name + ".key"},
        "", [&, name](const auto&) { serve(name); });  // the one before had the port still
  };
  ApiClient client(loop_, {.servers = {"https://" + server_.address()},
                           .ca = {.file = folder_ + "/ca.crt"},
                           .tls_server_name = "kubernetes"});
  const auto ask_until = [&](const std::string& text) {
    std::string said;
    EXPECT_TRUE(Until([&] { return (said = Ask(client)).find(text) != said.npos; })) << said;
  };
  Shell("cp old.crt ca.crt");
  serve("old");
  ask_until("200");
  serve("new");
  ask_until("certificate");
  Shell("cp new.crt ca.crt");
  ask_until("200");
}

}  // namespace
}  // namespace kvs::kube
