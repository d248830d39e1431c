#include "flow/flow.h"

#include <algorithm>

#include "flow/match_text.h"
#include "flow/text.h"

// The line of a flow, as `ovs-ofctl add-flow` takes it and `ovs-ofctl dump-flows` prints it.
namespace kvs::flow {
namespace {

// What dump-flows says of a flow's life, which is no part of the flow.
constexpr std::string_view kStatistics[] = {"duration", "n_packets", "n_bytes", "idle_age",
                                            "hard_age"};

// True if the token is an attribute of the flow and not of its match.
Result<bool> ParseAttribute(const Token& token, Flow& flow) {
  const auto read = [&token](auto& into) -> Result<bool> {
    const auto number = ParseNumber<std::decay_t<decltype(into)>>(token.key, token.value);
    if (!number) return tl::unexpected(number.error());
    into = *number;
    return true;
  };
  if (token.key == "table") return read(flow.key.table);
  if (token.key == "priority") return read(flow.key.priority);
  if (token.key == "cookie") return read(flow.cookie);
  if (token.key == "idle_timeout") return read(flow.idle_timeout);
  if (token.key == "hard_timeout") return read(flow.hard_timeout);
  return std::ranges::find(kStatistics, token.key) != std::end(kStatistics);
}

}  // namespace

std::string Flow::ToString() const {
  std::string out = fmt::format("cookie={:#x}, table={}, ", cookie, key.table);
  if (idle_timeout) out += fmt::format("idle_timeout={}, ", idle_timeout);
  if (hard_timeout) out += fmt::format("hard_timeout={}, ", hard_timeout);
  out += fmt::format("priority={}", key.priority);
  if (!key.match.empty()) out += "," + key.match.ToString();
  return out + " actions=" + flow::ToString(actions);
}

Result<Flow> Flow::Parse(std::string_view text) {
  constexpr std::string_view kActions = "actions=";
  const size_t split = text.find(kActions);
  if (split == std::string_view::npos) return Fail("flow \"{}\": \"actions=\" is missing", text);
  const auto tokens = Tokens(text.substr(0, split));
  if (!tokens) return Wrap("flow", tokens.error());

  Flow flow;
  flow.key.priority = kDefaultPriority;
  std::vector<Token> fields;
  for (const Token& token : *tokens) {
    const auto attribute = ParseAttribute(token, flow);
    if (!attribute) return Wrap("flow", attribute.error());
    if (!*attribute) fields.push_back(token);
  }
  auto match = ParseMatch(fields);
  if (!match) return Wrap("flow", match.error());
  auto actions = ParseActions(text.substr(split + kActions.size()));
  if (!actions) return Wrap("flow: actions", actions.error());
  flow.key.match = *std::move(match);
  flow.actions = *std::move(actions);
  return flow;
}

}  // namespace kvs::flow
