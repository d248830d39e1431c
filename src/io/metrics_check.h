#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "base/file.h"

// For tests: checks of metrics in Prometheus' text format.
namespace kvs::io {

// The type of each metric. Expects each metric to have exactly one type and one help text.
inline std::map<std::string, std::string> MetricTypesIn(const std::string& text) {
  std::map<std::string, std::string> types, helps;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, rest;
    words >> hash >> keyword >> name;
    std::getline(words >> std::ws, rest);
    if (hash != "#") continue;
    auto& into = keyword == "TYPE" ? types : helps;
    EXPECT_TRUE(into.emplace(name, rest).second) << line << ": it is there twice";
  }
  for (const auto& [name, type] : types) EXPECT_NE(helps[name], "") << name << " has no help";
  return types;
}

// Expects names as in prometheus.io/docs/practices/naming and checked by `promtool check metrics`.
inline void ExpectConventions(const std::map<std::string, std::string>& types) {
  static const std::regex kName("(kvswitch|process)(_[a-z0-9]+)+");
  // Units that aren't base units, and a type in a name.
  static const std::regex kBad(
      "(milli|micro|nano)?(ms|msec|milliseconds|minutes|hours|kilobytes|kb|mb|percent|gauge|counter"
      "|histogram|count|sum|bucket)");
  for (const auto& [name, type] : types) {
    EXPECT_TRUE(std::regex_match(name, kName)) << name;
    EXPECT_EQ(type == "counter", name.ends_with("_total")) << name << " is a " << type;
    EXPECT_EQ(type == "histogram", name.ends_with("_duration_seconds")) << name << ", " << type;
    std::istringstream words(name);
    for (std::string word; std::getline(words, word, '_');)
      EXPECT_FALSE(std::regex_match(word, kBad)) << name << ": " << word;
  }
}

// Expects the document's tables to have a row for each metric, "| `NAME{LABELS}` | TYPE | ...", and
// no row for another metric with the prefix `ours`.
inline void ExpectDocumented(const std::map<std::string, std::string>& types,
                             const std::string& document,
                             const std::function<bool(const std::string& name)>& ours) {
  const std::string text = ReadFile(document).value_or("");
  std::map<std::string, std::string> rows;
  static const std::regex kRow("\\| `([a-z_]+)(\\{[a-z_, ]+\\})?` \\| (\\w+) \\|");
  for (std::sregex_iterator at(text.begin(), text.end(), kRow), end; at != end; ++at)
    if (ours((*at)[1])) rows.emplace((*at)[1], (*at)[3]);
  EXPECT_EQ(rows, types) << document;
  static const std::regex kWord("kvswitch_[a-z_]+");
  for (std::sregex_iterator at(text.begin(), text.end(), kWord), end; at != end; ++at) {
    const std::string name =
        std::regex_replace(at->str(), std::regex("_seconds_(bucket|sum|count)$"), "_seconds");
    EXPECT_TRUE(!ours(name) || types.contains(name)) << document << ": " << name;
  }
}

}  // namespace kvs::io
