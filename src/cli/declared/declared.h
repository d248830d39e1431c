#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

// What the command line declares to CLI11, without hidden items (group ""): the source of help,
// suggestions, completion and manual pages.
namespace kvs::cli {

// Commands below `app`, in the order of their declaration.
std::vector<const CLI::App*> CommandsOf(const CLI::App& app);

// Options that begin with "-".
std::vector<const CLI::Option*> FlagsOf(const CLI::App& app);

std::vector<const CLI::Option*> PositionalsOf(const CLI::App& app);

// "-o", "--output"; empty for a positional.
std::vector<std::string> NamesOf(const CLI::Option& option);

// All possible values; empty: any.
std::vector<std::string> ValuesOf(const CLI::Option& option);

// "kvs lab pod add".
std::string FullNameOf(const CLI::App& app);

}  // namespace kvs::cli
