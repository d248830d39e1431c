#include "cli/terminal/yaml_text.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>

namespace kvs::cli {
namespace {

namespace json = boost::json;

TEST(YamlText, IsWrittenAsKubectlDoes) {
  EXPECT_EQ(YamlText(json::parse(R"({"pods":[{"pod":"shop/web-1","ips":["10.1.1.3","fd00::3"],
                                     "empty":[],"none":{},"n":7,"up":true}, 5, [1, 2]],
                                     "nodes":{"node1":null}})"))
                .string(),
            "pods:\n"
            "- pod: shop/web-1\n"
            "  ips:\n"
            "  - \"10.1.1.3\"\n"
            "  - fd00::3\n"
            "  empty: []\n"
            "  none: {}\n"
            "  \"n\": 7\n"
            "  up: true\n"
            "- 5\n"
            "- - 1\n"
            "  - 2\n"
            "nodes:\n"
            "  node1: null\n");
  EXPECT_EQ(YamlText(json::object()).string(), "{}\n");
}

TEST(YamlText, ReadsAsItWas) {
  const json::value value = {
      {"no", "yes"},     {"~", "0x1f"},           {"a: b", "a #b"},        {"", ""},
      {"end:", "12:30"}, {"line", "a\nb\tc\"\\"}, {"emoji", "\U0001f600"}, {"tag", "\U000e0041"},
      {"esc", "\x1b[2J"}};
  const std::string text = YamlText(value).string();
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  const YAML::Node read = YAML::Load(text);
  for (const auto& [key, one] : value.get_object())
    EXPECT_EQ(read[std::string(key)].as<std::string>(), std::string(one.get_string())) << text;
}

}  // namespace
}  // namespace kvs::cli
