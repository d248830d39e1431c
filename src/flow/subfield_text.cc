#include "flow/action_text.h"

// Subfields and the actions that write them.
namespace kvs::flow {
namespace {

// "SOURCE->TARGET": the halves.
Result<std::pair<std::string_view, std::string_view>> ParseArrow(const Token& token) {
  const size_t arrow = token.value.find("->");
  if (arrow == std::string_view::npos) {
    return Fail("{}: \"{}\" has no \"->\" and target", token.key, token.value);
  }
  return std::pair{token.value.substr(0, arrow), token.value.substr(arrow + 2)};
}

Result<void> CheckWritable(std::string_view action, Field field) {
  const FieldInfo& info = InfoOf(field);
  if (!info.writable) return Fail("{}: {} is read-only", action, info.set_name);
  return {};
}

}  // namespace

std::string ToString(const Subfield& subfield) {
  const FieldInfo& info = InfoOf(subfield.field);
  const int first = subfield.offset, last = first + subfield.bits - 1;
  if (subfield == Subfield::Whole(subfield.field)) return fmt::format("{}[]", info.nxm_name);
  if (first == last) return fmt::format("{}[{}]", info.nxm_name, first);
  return fmt::format("{}[{}..{}]", info.nxm_name, first, last);
}

Result<Subfield> ParseSubfield(std::string_view name, std::string_view text) {
  const size_t bracket = text.find('[');
  const auto field = FieldByName(text.substr(0, bracket));
  if (!field) return Fail("{}: \"{}\" is not a field", name, text.substr(0, bracket));
  const Subfield whole = Subfield::Whole(*field);
  if (bracket == std::string_view::npos) return whole;
  std::string_view range = text.substr(bracket + 1);
  if (!range.ends_with(']')) return Fail("{}: \"{}\" does not end with a bracket", name, text);
  range.remove_suffix(1);
  if (range.empty()) return whole;
  if (*field == Field::kInPort) return Fail("{}: in_port has no parts", name);

  const size_t dots = range.find("..");
  const auto first = ParseNumber<uint8_t>(name, range.substr(0, dots));
  const auto last =
      dots == std::string_view::npos ? first : ParseNumber<uint8_t>(name, range.substr(dots + 2));
  if (!first) return tl::unexpected(first.error());
  if (!last) return tl::unexpected(last.error());
  if (*first > *last || *last >= whole.bits) {
    return Fail("{}: \"{}\" is not within the field's {} bits", name, text, whole.bits);
  }
  return Subfield{*field, *first, static_cast<uint8_t>(*last - *first + 1)};
}

Result<Action> ParseSetField(const Token& token) {
  const auto halves = ParseArrow(token);
  if (!halves) return tl::unexpected(halves.error());
  const auto& [text, name] = *halves;
  const auto field = FieldByName(name);
  if (!field) return Fail("set_field: \"{}\" is not a field", name);
  if (auto check = CheckWritable("set_field", *field); !check) {
    return tl::unexpected(check.error());
  }
  auto parsed = ParseValue(name, *field, text);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->mask.IsZero()) return Fail("set_field: the mask of \"{}\" is empty", text);
  return SetField{*field, parsed->value, parsed->mask};
}

Result<Action> ParseLoad(const Token& token) {
  const auto halves = ParseArrow(token);
  if (!halves) return tl::unexpected(halves.error());
  const auto target = ParseSubfield("load", halves->second);
  if (!target) return tl::unexpected(target.error());
  if (auto check = CheckWritable("load", target->field); !check) {
    return tl::unexpected(check.error());
  }
  const auto value = ParseWideNumber("load", halves->first, target->bits);
  if (!value) return tl::unexpected(value.error());
  return SetField{target->field, value->Shifted(target->offset),
                  Value::Ones(target->bits).Shifted(target->offset)};
}

Result<Action> ParseMove(const Token& token) {
  const auto halves = ParseArrow(token);
  if (!halves) return tl::unexpected(halves.error());
  const auto source = ParseSubfield("move", halves->first);
  if (!source) return tl::unexpected(source.error());
  const auto target = ParseSubfield("move", halves->second);
  if (!target) return tl::unexpected(target.error());
  if (auto check = CheckWritable("move", target->field); !check) {
    return tl::unexpected(check.error());
  }
  if (source->bits != target->bits) {
    return Fail("move: \"{}\" has {} bits on the left and {} on the right", token.value,
                source->bits, target->bits);
  }
  return Move{*source, *target};
}

}  // namespace kvs::flow
