#include "kube/api/access.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/own_folder.h"

namespace kvs::kube {
namespace {

namespace fs = std::filesystem;

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    unsetenv("KUBERNETES_SERVICE_HOST");
    unsetenv("KUBERNETES_SERVICE_PORT");
  }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  // A kubeconfig with these fields of its only cluster and user.
  std::string Config(const std::string& cluster, const std::string& user) const {
    return Write("config", fmt::format("apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                       "contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n"
                                       "clusters: [{{name: k, cluster: {{{}}}}}]\n"
                                       "users: [{{name: u, user: {{{}}}}}]\n",
                                       cluster, user));
  }
  std::string ErrorOf(const std::string& cluster, const std::string& user) const {
    const auto access = ReadKubeconfig(Config(cluster, user));
    return access ? "none" : access.error().message;
  }
  static std::string Read(const Secret& secret) {
    const auto text = secret.Read();
    return text ? *text : text.error().message;
  }

  const OwnFolder own_;
  const std::string& folder_ = own_.path();
};

constexpr char kServer[] = "server: \"https://10.0.0.1:6443\"";

TEST_F(AccessTest, DataWinsOverFiles) {
  const auto access =
      ReadKubeconfig(Config("server: \"https://10.0.0.1:6443/\", certificate-authority-data: QQ==, "
                            "certificate-authority: /nowhere, tls-server-name: kubernetes",
                            "client-certificate-data: QkI=, client-key-data: Q0ND"));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->servers, std::vector<std::string>{"https://10.0.0.1:6443"});
  EXPECT_EQ(Read(access->ca), "A");
  EXPECT_EQ(Read(access->certificate), "BB");
  EXPECT_EQ(Read(access->key), "CCC");
  EXPECT_EQ(access->tls_server_name, "kubernetes");
  EXPECT_FALSE(access->insecure);
  EXPECT_FALSE(access->token.given());
}

TEST_F(AccessTest, FilesAreBesideTheKubeconfig) {
  fs::create_directory(folder_ + "/pki");
  Write("pki/ca.crt", "the authority\n");
  const std::string token = Write("token", "one\n");
  const auto access =
      ReadKubeconfig(Config(std::string(kServer) + ", certificate-authority: pki/ca.crt",
                            "client-certificate: cert, client-key: /abs/key, tokenFile: " + token));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(Read(access->ca), "the authority");
  EXPECT_EQ(access->certificate.file, folder_ + "/cert");
  EXPECT_EQ(access->key.file, "/abs/key");
  EXPECT_EQ(Read(access->token), "one");
  Write("token", "two");  // it is rotated
  EXPECT_EQ(Read(access->token), "two");
  EXPECT_EQ(Read(access->certificate), folder_ + "/cert: open: No such file or directory");
}

TEST_F(AccessTest, Tokens) {
  auto access = ReadKubeconfig(
      Config(std::string(kServer) + ", insecure-skip-tls-verify: true", "token: secret"));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(Read(access->token), "secret");
  EXPECT_TRUE(access->insecure);
  Write("token", "of the file");
  access = ReadKubeconfig(Config(kServer, "token: secret, tokenFile: token"));
  EXPECT_EQ(Read(access->token), "of the file") << "as client-go does";
}

TEST_F(AccessTest, ExecPlugins) {
  const auto access = ReadKubeconfig(
      Config(kServer,
             "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, "
             "get-token], env: [{name: A, value: \"1 2\"}, {name: B, value: \"\"}]}"));
  ASSERT_TRUE(access) << access.error().message;
  ASSERT_TRUE(access->exec);
  EXPECT_EQ(access->exec->api_version, "client.authentication.k8s.io/v1");
  EXPECT_EQ(access->exec->argv, (std::vector<std::string>{"aws", "eks", "get-token"}));
  EXPECT_EQ(access->exec->env, (std::vector<std::string>{"A=1 2", "B="}));
  Config(kServer, "");
  const auto beside = ReadKubeconfig(
      Config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}"));
  EXPECT_EQ(beside->exec->argv.front(), folder_ + "/./plugin") << "a path is relative to the file";
}

TEST_F(AccessTest, ProxiesAsClientGoTakesThem) {
  const auto with = [&](const std::string& proxy) {
    return ErrorOf(fmt::format("{}, proxy-url: \"{}\"", kServer, proxy), "token: t");
  };
  for (const char* good :
       {"http://10.0.0.9:3128", "https://proxy", "socks5://me:pass@[::1]:1080"}) {
    EXPECT_EQ(with(good), "none");
    EXPECT_EQ(ReadKubeconfig(folder_ + "/config")->proxy, good);
  }
  EXPECT_EQ(with(""), "none");
  for (const char* bad : {"ftp://me:pass@10.0.0.9", "10.0.0.9:3128", "http://"})
    EXPECT_EQ(with(bad), "kubeconfig " + folder_ +
                             "/config clusters[0].cluster.proxy-url: is not an http, https or "
                             "socks5 URL");
  EXPECT_EQ(with("http://me:pa/ss@10.0.0.9"),
            "kubeconfig " + folder_ +
                "/config clusters[0].cluster.proxy-url: has a user or password that is not "
                "percent-encoded (RFC 3986)");
}

TEST_F(AccessTest, ContextsAreChosen) {
  const std::string path =
      Write("config",
            "current-context: b\n"
            "contexts: [{name: a, context: {cluster: k, user: u}}, {name: b, context: {cluster: "
            "k2, user: u}}]\n"
            "clusters: [{name: k, cluster: {server: \"https://one\"}}, {name: k2, cluster: "
            "{server: \"http://two:80\"}}]\n"
            "users: [{name: u, user: {token: t}}]\n");
  EXPECT_EQ(ReadKubeconfig(path)->servers.front(), "http://two:80");
  EXPECT_EQ(ReadKubeconfig(path, "a")->servers.front(), "https://one");
  const std::string message = ReadKubeconfig(path, "c").error().message;
  EXPECT_EQ(message, "kubeconfig " + path + " contexts: none is named \"c\"");
}

TEST_F(AccessTest, AServerIsAPlaceAndNoMore) {
  const std::string field = "kubeconfig " + folder_ + "/config clusters[0].cluster.server: ";
  const auto with = [&](const std::string& server) {
    return ErrorOf(fmt::format("server: {}", server), "token: t");
  };
  for (const char* good : {"\"http://h:80/k8s/clusters/a@b\"", "\"https://[fd00::1]:6443\""})
    EXPECT_EQ(with(good), "none");
  const std::string user =
      field + "contains a user or password; use a token, a certificate or a credential plugin";
  EXPECT_EQ(with("\"http://me:secret@h/\""), user);
  EXPECT_EQ(with("\"https://@h\""), user);
  for (const char* bad :
       {"\"http://me:secret@h/?x#y\"", "\"https://h?secret\"", "\"https://h/#secret\""})
    EXPECT_EQ(with(bad), field + "has a query or fragment; give scheme, host, port and path");
  for (const char* bad :
       {"\"https://h\\nsecret\"", "\"https://h secret\"", "\"https://h\\\\secret\""})
    EXPECT_EQ(with(bad), field + "contains a blank, a backslash or a control character");
  for (const char* bad : {"\"me:secret@h\"", "\"ftp://me:secret@h\"", "\"https://\""})
    EXPECT_EQ(with(bad), field + "is not an http or https URL");
  Write("token", "t");
  setenv("KUBERNETES_SERVICE_HOST", "me:secret@h", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_EQ(ReadServiceAccount(folder_, {}, {}).error().message,
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: the URL of them contains a user "
            "or password; use a token, a certificate or a credential plugin");
}

TEST_F(AccessTest, NoHeaderIsMadeOfATokensLines) {
  const std::string why =
      "contains a line break or another control character; write it on one line";
  for (const char* bad :
       {"\"secret\\r\\nX-A: b\"", "\"secret\\n\"", "\"a\\rsecret\"", "\"\\0secret\""})
    EXPECT_EQ(ErrorOf(kServer, fmt::format("token: {}", bad)),
              "kubeconfig " + folder_ + "/config users[0].user.token: " + why);
  EXPECT_EQ(ErrorOf(kServer, "exec: {command: a, env: [{name: A, value: 815}]}"),
            "kubeconfig " + folder_ +
                "/config users[0].user.exec.env[0].value: expected a string; put it in quotes");
  Secret token{.file = Write("token", "secret\r\n\r\n")};
  EXPECT_EQ(*token.ReadToken(), "secret");
  Write("token", "secret\nX-A: b\n");
  EXPECT_EQ(token.ReadToken().error().message, token.file + ": the token " + why);
  EXPECT_EQ(ReadServiceAccount(folder_, {}, {}).error().message,
            "service account: " + token.file + ": the token " + why);
  EXPECT_EQ(ReadExecCredential({.argv = {"plugin"}}, R"({"status": {"token": "secret\nX: b"}})")
                .error()
                .message,
            "credential plugin plugin: its token " + why);
}

TEST_F(AccessTest, SaysWhatIsWrong) {
  const std::string file = "kubeconfig " + folder_ + "/config ";
  EXPECT_EQ(ErrorOf(std::string(kServer) + ", certificate-authority-data: \"%%%%\"", ""),
            file + "clusters[0].cluster.certificate-authority-data: is not base64 (RFC 4648)");
  EXPECT_EQ(ErrorOf("server: 10.0.0.1", ""),
            file + "clusters[0].cluster.server: is not an http or https URL");
  EXPECT_EQ(ErrorOf("", ""), file + "clusters[0].cluster.server: is not an http or https URL");
  EXPECT_EQ(ErrorOf(kServer, "exec: {apiVersion: v1}"),
            file + "users[0].user.exec.command: missing");
  EXPECT_EQ(ErrorOf(kServer, "token: 5"),
            file + "users[0].user.token: expected a string; put it in quotes");
  EXPECT_EQ(ReadKubeconfig(Write("config", "a: [")).error().message.substr(0, file.size() + 6),
            "kubeconfig " + folder_ + "/config, line ");
  EXPECT_EQ(ReadKubeconfig(Write("config", "")).error().message,
            file.substr(0, file.size() - 1) + ": is not one document");
  EXPECT_EQ(ReadKubeconfig(Write("config", "[]")).error().message.find("kubeconfig"), 0u);
  EXPECT_EQ(ReadKubeconfig("/nowhere").error().message,
            "kubeconfig /nowhere: open: No such file or directory");
}

TEST_F(AccessTest, TheServersOfAServiceAccountInTheirOrder) {
  Write("token", "t\n");
  const std::string kubelet =
      Config(kServer, "client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem");
  const std::vector<std::string> kubelets{"/nowhere", kubelet};
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  auto access =
      ReadServiceAccount(folder_, kubelets, {"https://10.0.0.2:6443", "https://10.0.0.1:6443"});
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->servers,
            (std::vector<std::string>{"https://10.0.0.1:6443", "https://10.0.0.2:6443",
                                      "https://[fd00::1]:443"}));
  EXPECT_EQ(Read(access->token), "t");
  EXPECT_EQ(access->ca.file, folder_ + "/ca.crt");
  EXPECT_FALSE(access->certificate.given()) << "of the kubelet only the address is used";
  setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  access = ReadServiceAccount(folder_, {}, {});
  EXPECT_EQ(access->servers, std::vector<std::string>{"https://10.96.0.1:443"});
}

TEST_F(AccessTest, SaysThatThisIsNoCluster) {
  EXPECT_EQ(
      ReadServiceAccount(folder_, {}, {}).error().message,
      "no service account: " + folder_ +
          "/token: open: No such file or directory; outside of a cluster give --kubeconfig or "
          "--manifests");
  Write("token", "t");
  EXPECT_EQ(ReadServiceAccount(folder_, {}, {}).error().message,
            "the API server's address is unknown: no kubelet's kubeconfig is readable and "
            "KUBERNETES_SERVICE_HOST is not set");
}

}  // namespace
}  // namespace kvs::kube
