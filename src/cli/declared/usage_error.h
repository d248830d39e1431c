#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace kvs::cli {

// The candidate that `word` was meant to be, by the letters that differ: one in three at most, two
// neighbours that changed places count as one. Also one that `word` begins. Empty: none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean \"status\"?", or empty.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

// What is wrong with the command line that `app` was given, for PrintError: the word, what it may
// have been meant to be, and where the help is.
std::string UsageErrorText(const CLI::App& app, const CLI::ParseError& error);

}  // namespace kvs::cli
