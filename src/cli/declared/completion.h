#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace CLI {
class App;
}

// Completion in shells. The scripts (`kvs completion bash`) run `kvs __complete WORD...`, so they
// offer what this kvs declares.
namespace kvs::cli {

inline constexpr std::string_view kCompleteCommand = "__complete";

struct Candidate {
  std::string word, description;
};

// Candidates for the last of `words`, which is incomplete or empty, after the others (without the
// program's name). Empty: any word or file.
std::vector<Candidate> Complete(const CLI::App& app, const std::vector<std::string>& words);

// A line per candidate: the word, a tab, the description.
Text ToText(const std::vector<Candidate>& candidates);

// For "bash", "zsh" and "fish"; nullopt for another shell.
std::optional<Text> CompletionScript(std::string_view shell);

}  // namespace kvs::cli
