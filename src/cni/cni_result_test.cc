#include "cni/cni_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kvs::cni {
namespace {

using ::testing::HasSubstr;

CniResult Sample() {
  return {
      .interfaces = {{.name = "kv5", .mac = "0a:58:00:00:00:01"},
                     {.name = "eth0", .mac = "0a:58:0a:01:01:05", .mtu = 1450, .sandbox = "/n"}},
      .ips = {{.ip = *Ip::Parse("10.1.1.5"),
               .length = 32,
               .gateway = *Ip::Parse("169.254.1.1"),
               .interface = 1},
              {.ip = *Ip::Parse("fd00::5"), .length = 128, .interface = 1}},
      .routes = {{*Prefix::Parse("0.0.0.0/0"), *Ip::Parse("169.254.1.1")}},
      .dns = R"({"nameservers":["10.0.0.10"]})"};
}

TEST(CniResultTest, IsWrittenAsEachVersionWantsIt) {
  EXPECT_EQ(
      Sample().Encode("1.1.0"),
      R"({"cniVersion":"1.1.0","interfaces":[{"name":"kv5","mac":"0a:58:00:00:00:01"},)"
      R"({"name":"eth0","mac":"0a:58:0a:01:01:05","mtu":1450,"sandbox":"/n"}],)"
      R"("ips":[{"address":"10.1.1.5/32","gateway":"169.254.1.1","interface":1},)"
      R"({"address":"fd00::5/128","interface":1}],)"
      R"("routes":[{"dst":"0.0.0.0/0","gw":"169.254.1.1"}],"dns":{"nameservers":["10.0.0.10"]}})");
  EXPECT_THAT(Sample().Encode("1.0.0"), Not(HasSubstr("mtu")));
  EXPECT_THAT(Sample().Encode("1.0.0"), Not(HasSubstr("\"version\"")));
  for (const char* version : {"0.3.1", "0.4.0"}) {
    EXPECT_THAT(Sample().Encode(version), HasSubstr(R"("address":"10.1.1.5/32","version":"4")"));
    EXPECT_THAT(Sample().Encode(version), HasSubstr(R"("address":"fd00::5/128","version":"6")"));
  }
}

TEST(CniResultTest, ReadsBackWhatItWrites) {
  EXPECT_EQ(CniResult::Decode(Sample().Encode("1.1.0")), Sample());
  CniResult without_mtu = Sample();
  without_mtu.interfaces[1].mtu = 0;
  for (const char* version : {"0.3.1", "0.4.0", "1.0.0"})
    EXPECT_EQ(CniResult::Decode(Sample().Encode(version)), without_mtu) << version;
}

TEST(CniResultTest, ReadsAnAnswerOfHostLocal) {
  const auto result = CniResult::Decode(
      R"({"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.9.0.2/24","gateway":"10.9.0.1"}],)"
      R"("routes":[{"dst":"10.8.3.0/16"}],"dns":{}})");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->ips.front().length, 24);
  EXPECT_EQ(result->routes.front().destination.ToString(), "10.8.0.0/16");
}

TEST(CniResultTest, RefusesWhatIsNone) {
  EXPECT_EQ(CniResult::Decode("").error().code, 6);
  EXPECT_EQ(CniResult::Decode("[]").error().code, 6);
  EXPECT_EQ(CniResult::Decode(R"({"ips":[{"address":"x"}]})").error().message,
            "ips[0].address: \"x\" is not an address with a prefix length");
  EXPECT_EQ(CniResult::Decode(R"({"interfaces":[{"name":1}]})").error().message,
            "interfaces[0].name: must be a string");
}

TEST(CniResultTest, FailuresAndVersions) {
  EXPECT_EQ(EncodeFailure({.code = 11, .message = "later", .details = "d"}, "1.0.0"),
            R"({"cniVersion":"1.0.0","code":11,"msg":"later","details":"d"})");
  EXPECT_EQ(EncodeVersions("1.1.0"),
            R"({"cniVersion":"1.1.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]})");
}

}  // namespace
}  // namespace kvs::cni
