#include "cli/inspect/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kvs::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RedactText, TakesValuesOfKeysThatSoundSecret) {
  for (const char* text :
       {"password=S3CRET next", "db_password: S3CRET", "K3S_TOKEN='S3CRET'",
        R"({"clientSecret":"S3CRET","a":1})", R"({"token": "S3\"CRET", "a":1})",
        R"("{\"password\":\"S3CRET\"}")", R"(GET /x?access_token=S3CRET&a=b)",
        R"(["server","--token","S3CRET"])", "k3s --token S3CRET --x", "k3s --token=S3CRET",
        "Authorization: Basic S3CRET", "authorization=Bearer S3CRET", "sent bearer S3CRET",
        "client-key-data: S3CRET", "client-certificate-data: S3CRET",
        "certificate-authority-data: S3CRET"}) {
    const std::string seen = RedactText(text);
    EXPECT_THAT(seen, HasSubstr(kRedacted)) << text;
    EXPECT_THAT(seen, Not(HasSubstr("S3"))) << text;
    EXPECT_THAT(seen, Not(HasSubstr("CRET"))) << text;
  }
}

TEST(RedactText, TakesKeysAndTokensWhereverTheyAre) {
  EXPECT_EQ(RedactText("a\n-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\nb"),
            "a\n[redacted]\nb");
  EXPECT_EQ(RedactText(R"(x:-----BEGIN PRIVATE KEY-----\nAA)"), "x:[redacted]") << "cut off";
  EXPECT_EQ(RedactText(R"(-----\n-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n)"),
            R"(-----\n[redacted]\n)")
      << "within a string";
  EXPECT_EQ(RedactText("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln-_A from"),
            "got [redacted] from");
}

TEST(RedactText, LeavesTheRest) {
  for (const char* text :
       {"", "OVSDB connection: connection refused", "reads the token again every minute",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        R"({"serviceAccountToken":{"expirationSeconds":3607}})", "kubectl --token --context x",
        "priority=300,ip,nw_dst=10.244.1.0/24 actions=output:1", "eyJ is no token"})
    EXPECT_EQ(RedactText(text), text);
}

TEST(RedactJson, TakesWhatLiesBelowAKey) {
  boost::json::value value = boost::json::parse(R"({
    "token": ["S3CRET", {"x": "S3CRET"}], "tokens": 3,
    "env": [{"name": "DB_PASSWORD", "value": "S3CRET"}, {"name": "MODE", "value": "fast"}],
    "annotations": {"last-applied": "{\"spec\":{\"password\":\"S3CRET\"}}"}})");
  RedactJson(value);
  const std::string seen = boost::json::serialize(value);
  EXPECT_THAT(seen, Not(HasSubstr("S3CRET")));
  EXPECT_THAT(seen, HasSubstr(R"("tokens":3)"));
  EXPECT_THAT(seen, HasSubstr(R"({"name":"MODE","value":"fast"})"));
}

}  // namespace
}  // namespace kvs::cli
