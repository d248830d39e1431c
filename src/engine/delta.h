#pragma once

#include <deque>
#include <type_traits>
#include <utility>
#include <vector>

namespace kvs::engine {

template <class Item>
using IdOf = std::remove_cvref_t<decltype(std::declval<const Item&>().id())>;

// What becomes of one item: `before` null: it is new; `now` null: it goes; both: it changes.
template <class Item>
struct Change {
  const Item* before = nullptr;
  const Item* now = nullptr;

  IdOf<Item> id() const { return (now != nullptr ? now : before)->id(); }
};

// What must change to get from one state to another. It refers to items that others own: those of
// `now` are valid until what they are of changes, those of `before` may be its own.
template <class Item>
struct Delta {
  std::vector<Change<Item>> changes;
  std::deque<Item> kept;  // items of `before` that are nowhere else

  Delta() = default;
  Delta(Delta&&) noexcept = default;
  Delta& operator=(Delta&&) noexcept = default;

  bool empty() const { return changes.empty(); }
  void Add(const Item* before, const Item* now) { changes.push_back({before, now}); }
};

}  // namespace kvs::engine
