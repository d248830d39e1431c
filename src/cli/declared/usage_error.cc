#include "cli/declared/usage_error.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/declared/declared.h"

namespace kvs::cli {
namespace {

constexpr size_t kLeastBeginning = 3;  // letters from which the beginning of a word is a hint

// Letters that are put in, left out, replaced or changed with their neighbour ("optimal string
// alignment").
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      size_t& least = cost[i][j];
      if (i == 0 || j == 0) {
        least = i + j;
        continue;
      }
      least = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                        cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        least = std::min(least, cost[i - 2][j - 2] + 1);
    }
  return cost.back().back();
}

std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* flag : FlagsOf(app))
    for (std::string& name : NamesOf(*flag)) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : CommandsOf(app)) names.push_back(command->get_name());
  return names;
}

bool BelongsBelow(const CLI::App& app, const std::string& flag) {
  return std::ranges::any_of(CommandsOf(app), [&](const CLI::App* command) {
    const auto names = FlagNames(*command);
    return std::ranges::find(names, flag) != names.end() || BelongsBelow(*command, flag);
  });
}

std::string UnknownFlag(const CLI::App& app, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  if (BelongsBelow(app, flag)) return fmt::format("flag {} stands after the command", flag);
  return fmt::format("unknown flag \"{}\"{}", flag, DidYouMean(flag, FlagNames(app)));
}

// Why `app` does not accept the remaining words.
std::string Unknown(const CLI::App& app, const std::vector<std::string>& left) {
  const auto flag = std::ranges::find_if(
      left, [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); });
  if (flag != left.end()) return UnknownFlag(app, *flag);
  const auto commands = CommandNames(app);
  if (commands.empty()) return fmt::format("unexpected argument \"{}\"", left.front());
  return fmt::format("unknown command \"{}\"{}", left.front(), DidYouMean(left.front(), commands));
}

std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  if (const auto left = app.remaining(); !left.empty()) return Unknown(app, left);
  const auto commands = CommandNames(app);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !commands.empty())
    return fmt::format("a command is missing, one of {}", fmt::join(commands, ", "));
  return error.what();
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t least = std::string::npos;
  for (const std::string& candidate : candidates) {
    const bool begins = word.size() >= kLeastBeginning && candidate.starts_with(word);
    const size_t distance = begins ? 1 : Distance(word, candidate);
    if (distance > std::max(word.size(), candidate.size()) / 3 || distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
}

std::string UsageErrorText(const CLI::App& app, const CLI::ParseError& error) {
  // An unknown word of a parent command causes errors in its subcommands.
  const CLI::App* wrong = &app;
  while (wrong->remaining().empty() && !wrong->get_subcommands().empty())
    wrong = wrong->get_subcommands().back();
  return fmt::format("{}\nsee: {} --help", WhatIsWrong(*wrong, error), FullNameOf(*wrong));
}

}  // namespace kvs::cli
