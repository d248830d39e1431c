#include "cni/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace kvs::cni {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Outcome<Env> Read(const std::map<std::string, std::string>& variables) {
  return Env::Read([&](const char* name) -> const char* {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

std::map<std::string, std::string> Good(std::string command) {
  return {{"CNI_COMMAND", std::move(command)},
          {"CNI_CONTAINERID", "c1"},
          {"CNI_NETNS", "/run/netns/p"},
          {"CNI_IFNAME", "eth0"},
          {"CNI_PATH", "/opt/cni/bin::/usr"}};
}

TEST(EnvTest, ReadsWhatKubernetesSends) {
  auto variables = Good("ADD");
  variables["CNI_ARGS"] =
      "IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=c1;"
      "K8S_POD_UID=u-1;SOMETHING=else";
  const auto env = Read(variables);
  ASSERT_TRUE(env) << env.error().message;
  EXPECT_EQ(env->attachment(), "c1/eth0");
  EXPECT_EQ(env->who(), "pod ns/web-0");
  EXPECT_EQ(env->pod_uid, "u-1");
  EXPECT_THAT(env->path, ElementsAre("/opt/cni/bin", "/usr"));
}

TEST(EnvTest, EachCommandNeedsItsOwn) {
  EXPECT_TRUE(Read({{"CNI_COMMAND", "VERSION"}}));
  EXPECT_TRUE(Read({{"CNI_COMMAND", "STATUS"}}));
  EXPECT_TRUE(Read({{"CNI_COMMAND", "GC"}}));
  auto del = Good("DEL");
  del.erase("CNI_NETNS");
  EXPECT_TRUE(Read(del));
}

struct BadVariable {
  std::string name, value, message;
};

class BadEnvTest : public ::testing::TestWithParam<BadVariable> {};

TEST_P(BadEnvTest, IsRefusedByName) {
  auto variables = Good("ADD");
  variables[GetParam().name] = GetParam().value;
  const auto env = Read(variables);
  ASSERT_FALSE(env);
  EXPECT_EQ(env.error().code, 4);
  EXPECT_THAT(env.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadEnvTest,
    ::testing::Values(BadVariable{"CNI_COMMAND", "", "CNI_COMMAND is \"\""},
                      BadVariable{"CNI_COMMAND", "add", "CNI_COMMAND is \"add\""},
                      BadVariable{"CNI_CONTAINERID", "", "CNI_CONTAINERID is missing"},
                      BadVariable{"CNI_CONTAINERID", "../x", "CNI_CONTAINERID: \"../x\""},
                      BadVariable{"CNI_CONTAINERID", "a b", "CNI_CONTAINERID: \"a b\""},
                      BadVariable{"CNI_CONTAINERID", std::string(129, 'a'), "at most 128"},
                      BadVariable{"CNI_NETNS", "", "CNI_NETNS is missing"},
                      BadVariable{"CNI_IFNAME", "", "CNI_IFNAME is missing"},
                      BadVariable{"CNI_IFNAME", "..", "CNI_IFNAME: \"..\""},
                      BadVariable{"CNI_IFNAME", "a/b", "CNI_IFNAME: \"a/b\""},
                      BadVariable{"CNI_IFNAME", "e:0", "CNI_IFNAME: \"e:0\""},
                      BadVariable{"CNI_IFNAME", "e 0", "CNI_IFNAME: \"e 0\""},
                      BadVariable{"CNI_IFNAME", "eth%d", "CNI_IFNAME: \"eth%d\""},
                      BadVariable{"CNI_IFNAME", "e\x1b[0m", "CNI_IFNAME: \"e\\x1b[0m\""},
                      BadVariable{"CNI_IFNAME", "\xc3\xa4", "CNI_IFNAME: \"\\xc3\\xa4\""},
                      BadVariable{"CNI_IFNAME", "sixteen-bytes-xx", "at most 15 letters"},
                      BadVariable{"CNI_ARGS", "K8S_POD_UID=a\nb", "\"a\\x0ab\" is not"},
                      BadVariable{"CNI_ARGS", "K8S_POD_UID=\xff", "\"\\xff\" is not"},
                      BadVariable{"CNI_ARGS", "K8S_POD_UID=" + std::string(100000, 'a'), "a...\""},
                      BadVariable{"CNI_ARGS", "K8S_POD_NAME", "\"K8S_POD_NAME\" is not KEY=VALUE"},
                      BadVariable{"CNI_ARGS", "IP=10.0.0.1", "\"IP\" is unknown"},
                      BadVariable{"CNI_ARGS", "A=1;IgnoreUnknown=0", "\"A\" is unknown"},
                      BadVariable{"CNI_ARGS", "K8S_POD_NAME=a b",
                                  "\"a b\" is not a Kubernetes name"}));

TEST(EnvTest, APodHasNamespaceAndName) {
  for (const char* half : {"K8S_POD_NAMESPACE=;K8S_POD_NAME=web-1", "K8S_POD_NAME=web-1",
                           "K8S_POD_NAMESPACE=ns;K8S_POD_NAME=", "K8S_POD_NAMESPACE=ns"}) {
    auto variables = Good("ADD");
    variables["CNI_ARGS"] = half;
    const auto env = Read(variables);
    ASSERT_TRUE(env) << env.error().message;
    EXPECT_EQ(env->who(), "container c1/eth0") << half;
    EXPECT_TRUE(env->pod.empty()) << half;
  }
}

TEST(EnvTest, WhatAddRefusesWasNeverAttached) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"CNI_IFNAME", "eth%d"},
                                          {"CNI_CONTAINERID", "../x"},
                                          {"CNI_ARGS", "K8S_POD_UID=\xff"}}) {
    auto variables = Good("DEL");
    variables[name] = value;
    const auto env = Read(variables);
    ASSERT_TRUE(env) << name;
    EXPECT_TRUE(env->never_attached) << name;
  }
  EXPECT_FALSE(Read(Good("DEL"))->never_attached);
  auto nobody = Good("DEL");
  nobody["CNI_CONTAINERID"] = "";
  EXPECT_FALSE(Read(nobody)) << "a runtime that doesn't say what is to go";
}

// A pod whose configuration was spoilt since must go away all the same.
TEST(NetConfTest, RemovingTakesWhatAddRefuses) {
  for (const char* bad :
       {R"("mtu":"1400")", R"("timeout":-1)", R"("bridge":"a/b")", R"("ipam":{"type":"../x"})",
        R"("prevResult":{"ips":[{"address":"10.1.1.5/33"}]})",
        R"("runtimeConfig":{"ips":["x"],"mac":5})", R"("dns":[])"}) {
    SCOPED_TRACE(bad);
    const std::string text =
        std::string(R"({"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":[],)") + bad +
        "}";
    EXPECT_FALSE(NetConf::Decode(Command::kAdd, text));
    for (const Command command : {Command::kDel, Command::kGc}) {
      const auto conf = NetConf::Decode(command, text);
      ASSERT_TRUE(conf) << conf.error().message;
      EXPECT_EQ(conf->ipam, "");
      EXPECT_FALSE(conf->prev_result);
    }
  }
}

TEST(NetConfTest, DelKnowsEveryVersion) {
  for (const std::string version :
       {"", R"("cniVersion":"",)", R"("cniVersion":"0.2.0",)", R"("cniVersion":"1.2.0",)",
        R"("cniVersion":null,)", R"("cniVersion":7,)"}) {
    SCOPED_TRACE(version);
    const std::string text = "{" + version + R"("name":"n","ipam":{"type":"host-local"}})";
    EXPECT_FALSE(NetConf::Decode(Command::kAdd, text));
    const auto conf = NetConf::Decode(Command::kDel, text);
    ASSERT_TRUE(conf) << conf.error().message;
    EXPECT_EQ(conf->version, "1.1.0");
    EXPECT_THAT(conf->raw, HasSubstr(R"("cniVersion":"1.1.0")"));
    EXPECT_EQ(conf->ipam, "host-local");
  }
}

TEST(NetConfTest, OnlyGcReadsTheValidAttachments) {
  const std::string text = R"({"cniVersion":"1.1.0","name":"n","prevResult":{},)"
                           R"("cni.dev/valid-attachments":"junk"})";
  for (const Command command : {Command::kDel, Command::kCheck, Command::kStatus})
    EXPECT_TRUE(NetConf::Decode(command, text));
  EXPECT_EQ(NetConf::Decode(Command::kGc, text).error().code, 6);
}

TEST(NetConfTest, NoAttachmentIsValidWhereTheListIsEmptyOrNull) {
  for (const char* list : {"[]", "null"}) {
    const auto conf = NetConf::Decode(
        Command::kGc,
        std::string(R"({"cniVersion":"1.1.0","name":"n","cni.dev/valid-attachments":)") + list +
            "}");
    ASSERT_TRUE(conf) << conf.error().message;
    EXPECT_TRUE(conf->valid_attachments.empty());
  }
}

TEST(NetConfTest, HasDefaults) {
  const auto conf = NetConf::Decode(
      Command::kAdd, R"({"cniVersion":"1.1.0","name":"k-vswitch","type":"k-vswitch-cni"})");
  ASSERT_TRUE(conf) << conf.error().message;
  EXPECT_EQ(conf->ovsdb, "/run/openvswitch/db.sock");
  EXPECT_EQ(conf->bridge, "k-vswitch0");
  EXPECT_EQ(conf->timeout, std::chrono::seconds(10));
  EXPECT_EQ(conf->mtu, std::nullopt);
  EXPECT_EQ(conf->ipam, "");
}

TEST(NetConfTest, ReadsEveryKey) {
  const auto conf = NetConf::Decode(Command::kGc, R"({
    "cniVersion": "1.1.0", "name": "n", "type": "t", "ovsdb": "/x/db.sock", "bridge": "br1",
    "mtu": 1400, "timeout": 0.5, "ipam": {"type": "host-local"}, "unknown": [1],
    "runtimeConfig": {"ips": ["10.1.1.5/24", "fd00::5"], "mac": "0a:00:00:00:00:01",
                      "portMappings": [{"hostPort": 80}]},
    "dns": {"nameservers": ["10.0.0.10"]},
    "cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "eth0"}]})");
  ASSERT_TRUE(conf) << conf.error().message;
  EXPECT_EQ(conf->ovsdb, "/x/db.sock");
  EXPECT_EQ(conf->bridge, "br1");
  EXPECT_EQ(conf->mtu, 1400);
  EXPECT_EQ(conf->timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(conf->ipam, "host-local");
  EXPECT_EQ(Join(conf->ips), "10.1.1.5,fd00::5");
  EXPECT_EQ(conf->mac->ToString(), "0a:00:00:00:00:01");
  EXPECT_EQ(conf->dns, R"({"nameservers":["10.0.0.10"]})");
  EXPECT_THAT(conf->valid_attachments, ElementsAre(AttachmentKey{"c1", "eth0"}));
}

struct BadConf {
  Command command;
  std::string text;  // without cniVersion, name and type, unless it begins with "!"
  int code;
  std::string message;
};

class BadConfTest : public ::testing::TestWithParam<BadConf> {};

TEST_P(BadConfTest, IsRefusedByKey) {
  const std::string& text = GetParam().text;
  const std::string start = R"({"cniVersion":"1.1.0","name":"n","type":"t")";
  const auto conf = NetConf::Decode(
      GetParam().command,
      text.starts_with("!") ? text.substr(1) : start + (text.empty() ? "" : ",") + text + "}");
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().code, GetParam().code) << conf.error().message;
  EXPECT_THAT(conf.error().message, HasSubstr(GetParam().message));
}

constexpr auto kAdd = Command::kAdd;
INSTANTIATE_TEST_SUITE_P(
    All, BadConfTest,
    ::testing::Values(
        BadConf{kAdd, "!", 6, "network configuration is not JSON"},
        BadConf{kAdd, "!{\"cniVersion\":\"1.1.0\"", 6, "is not JSON"},
        BadConf{kAdd, "![]", 6, "must be a JSON object"},
        BadConf{kAdd, "!" + std::string(100, '[') + std::string(100, ']'), 6, "is not JSON"},
        BadConf{kAdd, R"(!{"name":"n"})", 1, "cniVersion \"\" is not supported"},
        BadConf{kAdd, R"(!{"cniVersion":"0.2.0","name":"n"})", 1, "use 0.3.1, 0.4.0, 1.0.0"},
        BadConf{kAdd, R"(!{"cniVersion":"9.9.9","name":"n"})", 1, "\"9.9.9\" is not supported"},
        BadConf{kAdd, R"(!{"cniVersion":1,"name":"n"})", 6, "cniVersion: must be a string"},
        BadConf{kAdd, R"(!{"cniVersion":"1.1.0"})", 7, "name: \"\" must be letters"},
        BadConf{kAdd, R"(!{"cniVersion":"1.1.0","name":"../n"})", 7, "name: \"../n\""},
        BadConf{kAdd, R"("ovsdb":"db.sock")", 7, "ovsdb: \"db.sock\" must be the absolute path"},
        BadConf{kAdd, R"("ovsdb":3)", 6, "ovsdb: must be a string"},
        BadConf{kAdd, R"("bridge":"a/b")", 7, "bridge: \"a/b\" is not a bridge name"},
        BadConf{kAdd, R"("mtu":67)", 7, "mtu: 67 must be 68 to 65535"},
        BadConf{kAdd, R"("mtu":70000)", 7, "mtu: 70000"},
        BadConf{kAdd, R"("mtu":"1450")", 6, "mtu: must be a number"},
        BadConf{kAdd, R"("mtu":1.5)", 6, "mtu: must be a whole number"},
        BadConf{kAdd, R"("mtu":1e300)", 6, "mtu: must be a whole number"},
        BadConf{kAdd, R"("timeout":0)", 7, "timeout: 0 must be more than 0"},
        BadConf{kAdd, R"("timeout":61)", 7, "at most 60 seconds"},
        BadConf{kAdd, R"("ipam":"host-local")", 6, "ipam: must be an object"},
        BadConf{kAdd, R"("ipam":{"type":"../../bin/sh"})", 7, "ipam.type: \"../../bin/sh\""},
        BadConf{kAdd, R"("runtimeConfig":{"ips":"10.1.1.5"})", 6,
                "runtimeConfig.ips: must be a list"},
        BadConf{kAdd, R"("runtimeConfig":{"ips":["x"]})", 7, "runtimeConfig.ips[0]: \"x\" is not"},
        BadConf{kAdd, R"("runtimeConfig":{"ips":["10.244.1.51\u0000junk"]})", 7,
                "runtimeConfig.ips[0]: \"10.244.1.51"},
        BadConf{kAdd, R"("runtimeConfig":{"mac":"x"})", 7, "runtimeConfig.mac: \"x\" is not"},
        BadConf{kAdd, R"("runtimeConfig":{"mac":"01:00:5e:00:00:01"})", 7,
                "not the address of one"},
        BadConf{kAdd, R"("prevResult":{"ips":[]})", 7, "must be the first plugin of network \"n\""},
        BadConf{Command::kCheck, R"("prevResult":{"ips":[{"address":"10.1.1.5/33"}]})", 7,
                "prevResult.ips[0].address: \"10.1.1.5/33\""},
        BadConf{Command::kCheck, R"("prevResult":[])", 6, "prevResult: must be an object"},
        BadConf{Command::kCheck, "", 7, "prevResult is missing"},
        BadConf{Command::kGc, "", 7, "cni.dev/valid-attachments is missing"},
        BadConf{Command::kGc, R"("cni.dev/valid-attachments":[{"containerID":"c"}])", 7,
                "cni.dev/valid-attachments[0]: needs containerID and ifname"},
        BadConf{Command::kGc, R"(!{"cniVersion":"1.0.0","name":"n"})", 1,
                "does not have this command"},
        BadConf{Command::kStatus, R"(!{"cniVersion":"1.0.0","name":"n"})", 1, "does not have"},
        BadConf{Command::kCheck, R"(!{"cniVersion":"0.3.1","name":"n"})", 1, "does not have"}));

TEST(NetConfTest, AnswersInTheVersionAsked) {
  EXPECT_EQ(AnswerVersion(R"({"cniVersion":"0.4.0"})"), "0.4.0");
  EXPECT_EQ(AnswerVersion(R"({"cniVersion":"7"})"), "1.1.0");
  EXPECT_EQ(AnswerVersion("x"), "1.1.0");
}

}  // namespace
}  // namespace kvs::cni
