#include "kube/codec/yaml.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kvs::kube {
namespace {

// The documents as JSON, a line each, and the fault as "line N: ...".
std::string Show(const Documents& documents) {
  std::string text;
  for (const auto& [line, value] : documents.all) text += boost::json::serialize(value) + "\n";
  if (documents.fault)
    text +=
        "line " + std::to_string(documents.fault->line) + ": " + documents.fault->message + "\n";
  return text;
}

struct Case {
  const char* text;
  const char* expected;
};

TEST(Yaml, ScalarsAreReadAsKubectlReadsThem) {
  for (const auto& [text, expected] : {
           Case{"5", "5"},
           {"-5", "-5"},
           {"+5", "5"},
           {"0x1F", "31"},
           {"0o17", "15"},
           {"017", "15"},
           {"08", "8E0"},
           {"0b101", "5"},
           {"9223372036854775807", "9223372036854775807"},
           {"18446744073709551615", "18446744073709551615"},
           {"-9223372036854775808", "-9223372036854775808"},
           {"1.5", "1.5E0"},
           {"1e3", "1E3"},
           {"-.5", "-5E-1"},
           {".inf", "\".inf\""},
           {"true", "true"},
           {"yes", "true"},
           {"off", "false"},
           {"N", "false"},
           {"'true'", "\"true\""},
           {"\"5\"", "\"5\""},
           {"!!str 5", "\"5\""},
           {"!!int 5", "5"},
           {"10.1.1.0/24", "\"10.1.1.0/24\""},
           {"10.1.1.1", "\"10.1.1.1\""},
           {"fd00::1", "\"fd00::1\""},
           {"1-2", "\"1-2\""},
           {"2024-01-02", "\"2024-01-02\""},
           {"|\n a\n b\n", "\"a\\nb\\n\""},
           {"[]", "[]"},
           {"{a: ~, b: , c: null}", R"({"a":null,"b":null,"c":null})"},
       })
    EXPECT_EQ(Show(ParseYaml(text)), std::string(expected) + "\n") << text;
}

TEST(Yaml, Structure) {
  for (const auto& [text, expected] : {
           Case{"", ""},
           {"# nothing\n---\n---\n...\n", ""},
           {"a: 1\n---\nb: 2\n---\n", "{\"a\":1}\n{\"b\":2}\n"},
           {"a:\n- 1\n- b: 2\n  c: 3\n", "{\"a\":[1,{\"b\":2,\"c\":3}]}\n"},
           {"8080: x\ntrue: q\n", "{\"8080\":\"x\",\"true\":\"q\"}\n"},
           {"a: &x {b: 1}\nc: *x\n", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}\n"},
           {"&k a: b\nc: *k\n*k : 2\n", "line 3: the key \"a\" appears twice\n"},
           {"b: &k a\n*k : 2\n", "{\"b\":\"a\",\"a\":2}\n"},
           {"b: &k [a]\n*k : 2\n", "line 2: a key must be a string\n"},
           {"{\"a\": [1, \"2\"]}", "{\"a\":[1,\"2\"]}\n"},
       })
    EXPECT_EQ(Show(ParseYaml(text)), expected) << text;
}

TEST(Yaml, FaultsNameTheLineAndKeepWhatCameBefore) {
  for (const auto& [text, expected] : {
           Case{"a: 1\n---\nb: [1,\n", "{\"a\":1}\nline 4: end of sequence flow not found\n"},
           {"a: 1\nb: [x\n", "line 3: end of sequence flow not found\n"},
           {"a: 1\n\tb: 2\n", "line 2: illegal tab when looking for indentation\n"},
           {"a: 1\nb: 2\na: 3\n", "line 3: the key \"a\" appears twice\n"},
           {"a: &x {b: 1}\nc:\n  <<: *x\n",
            "line 3: merge keys (<<) are not supported; write the fields out\n"},
           {"[a]: 1\n", "line 1: a key must be a string\n"},
           {"~: 1\n", "line 1: a key must not be empty\n"},
           {"a: !!binary aGk=\n", "line 1: the tag tag:yaml.org,2002:binary is not supported\n"},
           {"a: *x\n", "line 1: the referenced anchor is not defined\n"},
           {"a: &x [*x]\n", "line 1: an alias within its own anchor\n"},
           {", a\n", "line 1: neither the end of the document nor the beginning of another\n"},
       })
    EXPECT_EQ(Show(ParseYaml(text)), expected) << text;
}

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Yaml, DepthIsLimited) {
  EXPECT_FALSE(ParseYaml(Repeat("[", 64) + Repeat("]", 64)).fault);
  EXPECT_EQ(Show(ParseYaml(Repeat("[", 65) + Repeat("]", 65))),
            "line 1: lists and maps are nested deeper than 64\n");
  EXPECT_TRUE(ParseYaml(Repeat("[", 1000000)).fault);
  EXPECT_TRUE(ParseYaml(Repeat("{a: ", 10000)).fault);
  EXPECT_TRUE(ParseYaml(Repeat("- ", 10000)).fault);
  EXPECT_TRUE(ParseJson(Repeat("[", 1000000)).fault);
  // Aliases add their depth.
  EXPECT_EQ(Show(ParseYaml("a: &x " + Repeat("[", 40) + Repeat("]", 40) +
                           "\nb: " + Repeat("[", 30) + "*x" + Repeat("]", 30))),
            "line 2: lists and maps are nested deeper than 64\n");
}

TEST(Yaml, AliasesCannotExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + Repeat(before + ", ", 8) +
            before + "]\n";
  }
  const Documents documents = ParseYaml(text);
  ASSERT_TRUE(documents.fault);
  EXPECT_EQ(documents.fault->message, "aliases expand to more than 16 MiB");
}

TEST(Json, FaultsNameTheLine) {
  EXPECT_EQ(Show(ParseJson("")), "");
  EXPECT_EQ(Show(ParseJson("{\"a\": 1}\n")), "{\"a\":1}\n");
  EXPECT_EQ(Show(ParseJson("{\n\"a\": 1,\n}")), "line 3: syntax error\n");
  EXPECT_EQ(Show(ParseJson("{\n\"a\": 1")), "line 2: incomplete JSON\n");
  EXPECT_EQ(Show(ParseJson("{}\n{}")), "line 2: extra data\n");
}

TEST(PrintYaml, IsReadable) {
  const auto value = boost::json::parse(R"({
    "kind": "Node", "empty": {}, "none": [], "n": 5, "t": "5", "yes": "yes", "text": "a: b\n#",
    "list": [{"a": 1, "b": {"c": "fd00::/64"}}, "x-1", [1, [2]], ["-", "..."]], "b": false})");
  const std::string text = PrintYaml(value);
  EXPECT_EQ(text, R"(kind: Node
empty: {}
none: []
"n": 5
t: "5"
"yes": "yes"
text: "a: b\n#"
list:
- a: 1
  b:
    c: "fd00::/64"
- x-1
- - 1
  - - 2
- - "-"
  - "..."
b: false
)");
  EXPECT_EQ(ParseYaml(text).all.at(0).value, value);
}

}  // namespace
}  // namespace kvs::kube
