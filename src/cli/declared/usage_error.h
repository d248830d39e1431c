#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace kvs::cli {

// The candidate most similar to `word`: it differs in at most one in three letters (two exchanged
// neighbours count as one), or begins with `word`. Empty: none is similar.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean \"status\"?", or empty.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

// The message for PrintError about the command line of `app`: the wrong word, the most similar one,
// and where the help is.
std::string UsageErrorText(const CLI::App& app, const CLI::ParseError& error);

}  // namespace kvs::cli
