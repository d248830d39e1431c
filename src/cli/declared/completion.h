#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace CLI {
class App;
}

// Completion in shells: their scripts (`kvs completion bash`) ask `kvs __complete WORD...`, so what
// they offer is what this kvs declares.
namespace kvs::cli {

inline constexpr std::string_view kCompleteCommand = "__complete";

struct Candidate {
  std::string word, description;
};

// What may stand in place of the last of `words`, which is begun or empty; the others are before
// it, without the program's name. Empty: any word or file.
std::vector<Candidate> Complete(const CLI::App& app, const std::vector<std::string>& words);

// A line for each: the word, a tab, the description.
Text ToText(const std::vector<Candidate>& candidates);

// "bash", "zsh" and "fish"; of another shell nothing.
std::optional<Text> CompletionScript(std::string_view shell);

}  // namespace kvs::cli
