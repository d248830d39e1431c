#include "cli/declared/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "cli/declared/declared.h"

namespace kvs::cli {
namespace {

// The words before the incomplete one.
struct CommandLine {
  const CLI::App* app = nullptr;      // the command
  const CLI::Option* flag = nullptr;  // whose value comes next
  size_t positionals = 0;             // of the command, so far
  bool after_dashes = false;          // after "--", where another program's arguments are
};

const CLI::Option* FlagNamed(const CLI::App& app, const std::string& name) {
  for (const CLI::Option* flag : FlagsOf(app)) {
    const auto names = NamesOf(*flag);
    if (std::ranges::find(names, name) != names.end()) return flag;
  }
  return nullptr;
}

const CLI::App* CommandNamed(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : CommandsOf(app))
    if (command->get_name() == name) return command;
  return nullptr;
}

// bash gives "--output=json" as three words.
bool IsEquals(const std::string& word) { return word == "="; }

void Pass(const std::string& word, CommandLine& line) {
  if (IsEquals(word) && line.flag != nullptr) return;
  if (line.flag != nullptr) {
    line.flag = nullptr;
  } else if (word == "--") {
    line.after_dashes = true;
  } else if (word.size() > 1 && word.starts_with('-')) {
    const CLI::Option* flag = FlagNamed(*line.app, word);  // null for "--output=json"
    line.flag = flag != nullptr && flag->get_items_expected_min() > 0 ? flag : nullptr;
  } else if (const CLI::App* command = CommandNamed(*line.app, word)) {
    line = {.app = command};
  } else {
    ++line.positionals;
  }
}

std::vector<Candidate> ValuesBeginning(const CLI::Option& option, const std::string& begun,
                                       const std::string& before = "") {
  std::vector<Candidate> candidates;
  for (const std::string& value : ValuesOf(option))
    if (value.starts_with(begun))
      candidates.push_back({.word = before + value, .description = option.get_description()});
  return candidates;
}

std::vector<Candidate> FlagsBeginning(const CLI::App& app, const std::string& begun) {
  const auto equals = begun.find('=');
  if (equals != std::string::npos) {
    const CLI::Option* flag = FlagNamed(app, begun.substr(0, equals));
    if (flag == nullptr) return {};
    return ValuesBeginning(*flag, begun.substr(equals + 1), begun.substr(0, equals + 1));
  }
  std::vector<Candidate> candidates;
  for (const CLI::Option* flag : FlagsOf(app))
    for (const std::string& name : NamesOf(*flag))
      if (name.starts_with(begun))
        candidates.push_back({.word = name, .description = flag->get_description()});
  return candidates;
}

constexpr char kBash[] = R"(# Completion of kvs in bash: source <(kvs completion bash)
_kvs() {
  mapfile -t COMPREPLY < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
}
complete -o default -F _kvs kvs
)";

constexpr char kZsh[] = R"(#compdef kvs
# Completion of kvs in zsh: source <(kvs completion zsh), after compinit
_kvs() {
  local line
  local -a candidates
  while IFS= read -r line; do
    candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( ${#candidates} )); then
    _describe kvs candidates
  else
    _files
  fi
}
if [ "${funcstack[1]}" = _kvs ]; then
  _kvs "$@"
else
  compdef _kvs kvs
fi
)";

constexpr char kFish[] = R"(# Completion of kvs in fish: kvs completion fish | source
function __kvs_complete
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c kvs -n 'count (__kvs_complete) >/dev/null' -f -a '(__kvs_complete)'
)";

}  // namespace

std::vector<Candidate> Complete(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  CommandLine line{.app = &app};
  for (size_t i = 0; i + 1 < words.size(); ++i) Pass(words[i], line);
  const std::string& begun = words.back();
  if (line.after_dashes) return {};
  if (line.flag != nullptr) return ValuesBeginning(*line.flag, IsEquals(begun) ? "" : begun);
  if (begun.starts_with('-')) return FlagsBeginning(*line.app, begun);
  std::vector<Candidate> candidates;
  for (const CLI::App* command : CommandsOf(*line.app))
    if (command->get_name().starts_with(begun))
      candidates.push_back(
          {.word = command->get_name(), .description = command->get_description()});
  const auto positionals = PositionalsOf(*line.app);
  if (line.positionals < positionals.size())
    for (Candidate& value : ValuesBeginning(*positionals[line.positionals], begun))
      candidates.push_back(std::move(value));
  return candidates;
}

Text ToText(const std::vector<Candidate>& candidates) {
  Text text;
  for (const Candidate& candidate : candidates)
    text += Text::Format("{}\t{}\n", candidate.word, candidate.description);
  return text;
}

std::optional<Text> CompletionScript(std::string_view shell) {
  const char* script = shell == "bash"   ? kBash
                       : shell == "zsh"  ? kZsh
                       : shell == "fish" ? kFish
                                         : nullptr;
  if (script == nullptr) return std::nullopt;
  Text text;
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line);)
    text += Text::Format("{}\n", Text::Whole(line));
  return text;
}

}  // namespace kvs::cli
