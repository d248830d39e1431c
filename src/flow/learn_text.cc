#include <vector>

#include "flow/action_text.h"

// learn(...) (ovs-actions(7)).
namespace kvs::flow {
namespace {

using Spec = Learn::Spec;
using Kind = Spec::Kind;

std::string SpecText(const Spec& spec) {
  const bool whole = spec.target == Subfield::Whole(spec.target.field);
  switch (spec.kind) {
    case Kind::kMatchField:
      if (spec.source == spec.target) return ToString(spec.target);
      return fmt::format("{}={}", ToString(spec.target), ToString(spec.source));
    case Kind::kMatchValue:
      if (!whole) return fmt::format("{}={}", ToString(spec.target), HexText(spec.value));
      return fmt::format("{}={}", InfoOf(spec.target.field).set_name,
                         ValueText(spec.target.field, spec.value, Value::Ones(spec.target.bits)));
    case Kind::kLoadField:
      return fmt::format("load:{}->{}", ToString(spec.source), ToString(spec.target));
    case Kind::kLoadValue:
      return fmt::format("load:{}->{}", HexText(spec.value), ToString(spec.target));
    case Kind::kOutput:
      return fmt::format("output:{}", ToString(spec.source));
  }
  return {};
}

bool IsField(std::string_view text) {
  return FieldByName(text.substr(0, text.find('['))).has_value();
}

Result<Spec> FromField(Kind kind, std::string_view source, const Subfield& target) {
  const auto parsed = ParseSubfield("learn", source);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->bits != target.bits) {
    return Fail("learn: \"{}\" has {} bits, its target has {}", source, parsed->bits, target.bits);
  }
  return Spec{.kind = kind, .source = *parsed, .target = target};
}

Result<Spec> FromValue(Kind kind, const Value& value, const Subfield& target) {
  return Spec{.kind = kind, .target = target, .value = value};
}

Result<Spec> ParseLoadSpec(std::string_view text) {
  const size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) return Fail("learn: \"{}\" has no \"->\"", text);
  const auto target = ParseSubfield("learn", text.substr(arrow + 2));
  if (!target) return tl::unexpected(target.error());
  if (!InfoOf(target->field).writable) return Fail("learn: \"{}\" loads a read-only field", text);
  const std::string_view source = text.substr(0, arrow);
  if (IsField(source)) return FromField(Kind::kLoadField, source, *target);
  const auto value = ParseWideNumber("learn: load", source, target->bits);
  if (!value) return tl::unexpected(value.error());
  return FromValue(Kind::kLoadValue, *value, *target);
}

Result<Spec> ParseMatchSpec(const Token& token) {
  const auto target = ParseSubfield("learn", token.key);
  if (!target) return tl::unexpected(target.error());
  if (token.separator == 0) return FromField(Kind::kMatchField, token.key, *target);
  if (IsField(token.value)) return FromField(Kind::kMatchField, token.value, *target);
  if (*target != Subfield::Whole(target->field)) {
    const auto value = ParseWideNumber(token.key, token.value, target->bits);
    if (!value) return tl::unexpected(value.error());
    return FromValue(Kind::kMatchValue, *value, *target);
  }
  const auto parsed = ParseValue(token.key, target->field, token.value);
  if (!parsed) return tl::unexpected(parsed.error());
  if (!parsed->IsExact(target->field)) return Fail("learn: {} has a mask", token.key);
  return FromValue(Kind::kMatchValue, parsed->value, *target);
}

Result<Spec> ParseSpec(const Token& token) {
  if (token.key == "load") return ParseLoadSpec(token.value);
  if (token.key != "output") return ParseMatchSpec(token);
  return ParseSubfield("learn", token.value).map([](const Subfield& source) {
    return Spec{.kind = Kind::kOutput, .source = source};
  });
}

// True if the token is an option of learn() and not part of the flow that is learned.
Result<bool> ParseOption(const Token& token, Learn& learn) {
  const auto read = [&token](auto& into) -> Result<bool> {
    const auto number = ParseNumber<std::decay_t<decltype(into)>>(token.key, token.value);
    if (!number) return tl::unexpected(number.error());
    into = *number;
    return true;
  };
  if (token.key == "table") return read(learn.table);
  if (token.key == "idle_timeout") return read(learn.idle_timeout);
  if (token.key == "hard_timeout") return read(learn.hard_timeout);
  if (token.key == "priority") return read(learn.priority);
  if (token.key == "cookie") return read(learn.cookie);
  if (token.text == "delete_learned") return learn.delete_learned = true;
  return false;
}

}  // namespace

std::string ToString(const Learn& learn) {
  std::vector<std::string> parts = {fmt::format("table={}", learn.table)};
  if (learn.idle_timeout) parts.push_back(fmt::format("idle_timeout={}", learn.idle_timeout));
  if (learn.hard_timeout) parts.push_back(fmt::format("hard_timeout={}", learn.hard_timeout));
  if (learn.priority != kDefaultPriority) {
    parts.push_back(fmt::format("priority={}", learn.priority));
  }
  if (learn.delete_learned) parts.emplace_back("delete_learned");
  if (learn.cookie) parts.push_back(fmt::format("cookie={:#x}", learn.cookie));
  for (const Spec& spec : learn.specs) parts.push_back(SpecText(spec));
  return fmt::format("learn({})", fmt::join(parts, ","));
}

Result<Action> ParseLearn(const Token& token) {
  Learn learn;
  learn.table = 1;  // ovs-ofctl's default
  const auto tokens = Tokens(token.value);
  if (!tokens) return tl::unexpected(tokens.error());
  for (const Token& part : *tokens) {
    const auto option = ParseOption(part, learn);
    if (!option) return tl::unexpected(option.error());
    if (*option) continue;
    auto spec = ParseSpec(part);
    if (!spec) return tl::unexpected(spec.error());
    learn.specs.push_back(*spec);
  }
  return learn;
}

}  // namespace kvs::flow
