#pragma once

#include <deque>
#include <type_traits>
#include <utility>
#include <vector>

namespace kvs::engine {

template <class Item>
using IdOf = std::remove_cvref_t<decltype(std::declval<const Item&>().id())>;

// The change of one item. `before` is null: added; `now` is null: removed; neither: changed.
template <class Item>
struct Change {
  const Item* before = nullptr;
  const Item* now = nullptr;

  IdOf<Item> id() const { return (now != nullptr ? now : before)->id(); }
};

// The changes from one state to another. It refers to items that are owned elsewhere: `now` is
// valid until its Desired changes, `before` is kept here if it exists nowhere else.
template <class Item>
struct Delta {
  std::vector<Change<Item>> changes;
  std::deque<Item> kept;

  Delta() = default;
  Delta(Delta&&) noexcept = default;
  Delta& operator=(Delta&&) noexcept = default;

  bool empty() const { return changes.empty(); }
  void Add(const Item* before, const Item* now) { changes.push_back({before, now}); }
};

}  // namespace kvs::engine
