#include "pipeline/mark_layout.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/number.h"
#include "pipeline/fields.h"

namespace kvs::pipeline {
namespace {

std::optional<uint8_t> ParseSmall(std::string_view text, uint32_t most) {
  const auto number = WholeNumber<uint32_t>(text);
  if (!number || *number > most) return std::nullopt;
  return static_cast<uint8_t>(*number);
}

// Takes what comes before `by` (or all) off the front of `text`.
std::string_view TakeUntil(std::string_view& text, char by) {
  const auto at = text.find(by);
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return front;
}

Result<world::MarkLayout> ParseLayout(std::string_view text) {
  world::MarkLayout layout;
  const auto generation = ParseSmall(TakeUntil(text, ':'), kMostMarkGeneration);
  if (!generation) return Fail("a layout begins with its generation, 0 to {}", kMostMarkGeneration);
  layout.generation = *generation;
  while (!text.empty()) {
    std::string_view bit = TakeUntil(text, ',');
    const std::string_view name = TakeUntil(bit, '=');
    const auto number = ParseSmall(bit, kMark.last);
    if (name.empty() || !number) return Fail("\"{}\" is no bit of 0 to {}", name, kMark.last);
    layout.bits[std::string(name)] = *number;
  }
  return layout;
}

uint8_t FreeGeneration(std::vector<world::MarkLayout>& layouts) {
  for (uint8_t generation = 0; generation <= kMostMarkGeneration; ++generation)
    if (std::ranges::none_of(layouts, [&](const auto& l) { return l.generation == generation; }))
      return generation;
  const uint8_t oldest = layouts.front().generation;
  layouts.erase(layouts.begin());
  return oldest;
}

}  // namespace

const world::MarkLayout& MarkLayoutOfThisBuild() {
  static const world::MarkLayout layout = [] {
    world::MarkLayout mine;
    for (const auto& [name, bits] : kRegisterMap)
      if (InMark(bits)) mine.bits[std::string(name)] = bits.first;
    return mine;
  }();
  return layout;
}

std::string ToText(const std::vector<world::MarkLayout>& layouts) {
  std::string text;
  for (const world::MarkLayout& layout : layouts) {
    text += fmt::format("{}{}", text.empty() ? "" : ";", layout.generation);
    char separator = ':';
    for (const auto& [name, bit] : layout.bits)
      text += fmt::format("{}{}={}", std::exchange(separator, ','), name, bit);
  }
  return text;
}

Result<std::vector<world::MarkLayout>> ParseMarkLayouts(std::string_view text) {
  std::vector<world::MarkLayout> layouts;
  while (!text.empty()) {
    auto layout = ParseLayout(TakeUntil(text, ';'));
    if (!layout) return tl::unexpected<Error>(layout.error());
    for (const world::MarkLayout& other : layouts)
      if (other.generation == layout->generation)
        return Fail("generation {} stands there twice", other.generation);
    layouts.push_back(std::move(*layout));
  }
  return layouts;
}

std::vector<world::MarkLayout> WithMarkLayout(std::string_view record,
                                              const world::MarkLayout& mine) {
  auto layouts = ParseMarkLayouts(record).value_or(std::vector<world::MarkLayout>());
  const auto known = std::ranges::find(layouts, mine.bits, &world::MarkLayout::bits);
  if (known != layouts.end()) {
    std::rotate(known, known + 1, layouts.end());
  } else {
    const uint8_t generation = FreeGeneration(layouts);
    layouts.push_back({generation, mine.bits});
  }
  return layouts;
}

}  // namespace kvs::pipeline
