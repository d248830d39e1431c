#include <fstream>

#include "base/own_folder.h"
#include "io/http_client_test.h"
#include "io/process.h"

namespace kvs::io {
namespace {

using namespace std::chrono_literals;

// Servers with certificates of different authorities.
class HttpClientTls : public HttpClientTest {
 protected:
  void Run(const std::string& command) {
    std::optional<Result<Process::Outcome>> outcome;
    const auto process = Process::Run(loop_, {"sh", "-c", "cd " + folder_ + " && " + command}, "",
                                      [&](auto result) { outcome = std::move(result); });
    ASSERT_TRUE(Until([&] { return outcome.has_value(); }));
    ASSERT_EQ((*outcome)->exit_code, 0) << (*outcome)->output;
  }
  // Its own authority, for the name kubernetes.
  void MakeCertificate(const std::string& name) {
    Run(
        fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                    "-subj /CN={0} -addext subjectAltName=DNS:kubernetes -days 2 "
                    "-keyout {0}.key -out {0}.crt",
                    name));
  }
  // In place of the one before, whose port may not be free at once.
  void StartTls(std::string name) {
    tls_server_.reset();
    tls_server_ = Process::Run(
        loop_,
        {"openssl", "s_server", "-quiet", "-www", "-accept", server_.address(), "-cert",
         folder_ + "/" + name + ".crt", "-key", folder_ + "/" + name + ".key"},
        "", [this, name](const auto&) { StartTls(name); });
  }
  std::string Pem(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name + ".crt");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Asks until somebody listens.
  std::string Ask(const TlsIdentity& identity) {
    HttpClient client(loop_, identity);
    std::string said;
    const auto answered = [&] {
      Call call;
      call.Send(client, {.url = "https://" + server_.address() + "/"});
      EXPECT_TRUE(Until([&] { return call.done; }));
      said = call.error.empty() ? call.lines.front() : call.error;
      return said.find("Couldn't connect") == std::string::npos;
    };
    EXPECT_TRUE(Until(answered));
    return said;
  }

  const OwnFolder own_;
  const std::string& folder_ = own_.path();
  std::unique_ptr<Process> tls_server_;
};

TEST_F(HttpClientTls, BelievesOnlyItsAuthorityAndTheName) {
  MakeCertificate("old");
  MakeCertificate("new");
  StartTls("old");
  const TlsIdentity good{.ca = Pem("old"), .server_name = "kubernetes"};
  EXPECT_EQ(Ask(good), "head 200");
  EXPECT_EQ(Ask({.insecure = true}), "head 200");
  const auto refused = [&](const TlsIdentity& identity) {
    const std::string said = Ask(identity);
    EXPECT_NE(said.find("SSL"), std::string::npos) << said;
  };
  refused({.ca = Pem("new"), .server_name = "kubernetes"});
  refused({.ca = Pem("old")});  // the certificate isn't of this address
  refused({.ca = Pem("old"), .server_name = "other"});
  refused({});
  StartTls("new");  // the authority is another one now
  EXPECT_TRUE(Until([&] { return Ask(good).find("SSL") != std::string::npos; }));
  EXPECT_EQ(Ask({.ca = Pem("new"), .server_name = "kubernetes"}), "head 200");
}

}  // namespace
}  // namespace kvs::io
