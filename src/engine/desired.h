#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/delta.h"
#include "engine/table.h"

namespace kvs::engine {

template <class Item>
class Cursor;

// Everything of one kind that should exist. If two fragments claim one key, the first in the order
// of fragments has it, in whatever order the claims came; the other waits behind it. At most one
// Cursor follows the changes.
template <class Item>
class Desired {
 public:
  using Key = IdOf<Item>;
  struct Contribution {
    FragmentId owner = kNoFragment;
    Item item;
  };
  // A key and who claims it. Emptied, it stays until the cursor has passed, with the item it had.
  struct Entry {
    Contribution first;
    std::unique_ptr<std::vector<Contribution>> waiting;  // in order; null: nobody
    bool changed = false;                                // is in changed_
  };

  explicit Desired(std::function<bool(FragmentId, FragmentId)> before)
      : before_(std::move(before)) {}
  // For items that do not come from rules: their one owner gives all of them at once, by Set().
  Desired() : Desired([](FragmentId a, FragmentId b) { return a < b; }) {}

  // These, and no others, should exist.
  void Set(std::vector<Item> items) {
    std::unordered_set<Entry*> kept;
    for (Item& item : items) kept.insert(Put(0, std::move(item)).first);
    std::vector<Entry*> gone;
    for (const auto& entry : entries_)
      if (entry->first.owner != kNoFragment && !kept.contains(entry.get()))
        gone.push_back(entry.get());
    for (Entry* entry : gone) Erase(0, entry);
  }

  // Claims item.id() for `owner`, or changes its claim. Returns where the claim is kept, and
  // whether there was anything to change.
  std::pair<Entry*, bool> Put(FragmentId owner, Item item) {
    auto found = entries_.find(item.id());
    if (found == entries_.end()) {
      auto fresh = std::make_unique<Entry>();
      fresh->first.item = item;
      found = entries_.insert(std::move(fresh)).first;
    }
    Entry& entry = **found;
    if (entry.first.owner == kNoFragment) {
      Remember(entry);
      entry.first = {owner, std::move(item)};
      ++size_;
      return {&entry, true};
    }
    Contribution* had = ClaimOf(entry, owner);
    if (had == nullptr) {
      Insert(entry, {owner, std::move(item)});
      return {&entry, true};
    }
    if (had->item == item) return {&entry, false};
    if (had == &entry.first) Remember(entry);
    had->item = std::move(item);
    return {&entry, true};
  }

  // `owner` claims `entry` no longer.
  void Erase(FragmentId owner, Entry* entry) {
    if (entry->first.owner == owner) {
      Remember(*entry);
      if (!entry->waiting) {
        entry->first.owner = kNoFragment;
        --size_;
        if (!entry->changed) Forget(*entry);
        return;
      }
      entry->first = std::move(entry->waiting->front());
      entry->waiting->erase(entry->waiting->begin());
    } else {
      std::erase_if(*entry->waiting,
                    [&](const Contribution& claim) { return claim.owner == owner; });
    }
    if (!entry->waiting->empty()) return;
    entry->waiting = nullptr;
    --contested_;
  }

  const Item* Find(const Key& key) const {
    const auto it = entries_.find(key);
    return it == entries_.end() || (*it)->first.owner == kNoFragment ? nullptr : &(*it)->first.item;
  }
  // In no particular order.
  void ForEach(const std::function<void(const Item&)>& visit) const {
    for (const auto& entry : entries_)
      if (entry->first.owner != kNoFragment) visit(entry->first.item);
  }
  // Keys claimed more than once: facts ask for contradicting things. The claims are in order, the
  // first one has the key.
  void ForEachConflict(
      const std::function<void(const Key&, const std::vector<Contribution>&)>& visit) const {
    if (contested_ == 0) return;
    for (const auto& entry : entries_) {
      if (!entry->waiting) continue;
      std::vector<Contribution> claims{entry->first};
      claims.insert(claims.end(), entry->waiting->begin(), entry->waiting->end());
      visit(entry->first.item.id(), claims);
    }
  }
  size_t size() const { return size_; }

 private:
  friend class Cursor<Item>;

  // A key is kept once, in its item.
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Key& key) const { return std::hash<Key>{}(key); }
    size_t operator()(const std::unique_ptr<Entry>& entry) const {
      return (*this)(entry->first.item.id());
    }
  };
  struct Equal {
    using is_transparent = void;
    using Pointer = std::unique_ptr<Entry>;
    bool operator()(const Pointer& a, const Pointer& b) const {
      return a->first.item.id() == b->first.item.id();
    }
    bool operator()(const Pointer& a, const Key& b) const { return a->first.item.id() == b; }
    bool operator()(const Key& a, const Pointer& b) const { return a == b->first.item.id(); }
  };

  static Contribution* ClaimOf(Entry& entry, FragmentId owner) {
    if (entry.first.owner == owner) return &entry.first;
    if (!entry.waiting) return nullptr;
    const auto it = std::ranges::find(*entry.waiting, owner, &Contribution::owner);
    return it == entry.waiting->end() ? nullptr : &*it;
  }

  void Insert(Entry& entry, Contribution claim) {
    if (before_(claim.owner, entry.first.owner)) {
      Remember(entry);
      std::swap(claim, entry.first);
    }
    if (!entry.waiting) {
      entry.waiting = std::make_unique<std::vector<Contribution>>();
      ++contested_;
    }
    const auto at = std::ranges::find_if(*entry.waiting, [&](const Contribution& other) {
      return before_(claim.owner, other.owner);
    });
    entry.waiting->insert(at, std::move(claim));
  }

  void Forget(Entry& entry) { entries_.erase(entries_.find(entry.first.item.id())); }

  void Remember(Entry& entry) {
    if (!followed_ || std::exchange(entry.changed, true)) return;
    changed_.emplace_back(&entry, std::nullopt);
    if (entry.first.owner != kNoFragment) changed_.back().second = entry.first.item;
  }

  std::function<bool(FragmentId, FragmentId)> before_;
  std::unordered_set<std::unique_ptr<Entry>, Hash, Equal> entries_;
  std::vector<std::pair<Entry*, std::optional<Item>>> changed_;  // with the item at the cursor
  bool followed_ = false;                                        // by a cursor
  size_t size_ = 0;
  size_t contested_ = 0;
};

// A position in the history of a Desired: Take() returns what changed since. It starts at the state
// at construction. `desired` outlives it and has no other Cursor.
template <class Item>
class Cursor {
 public:
  explicit Cursor(Desired<Item>& desired) : desired_(desired) {
    AbortUnless(!std::exchange(desired.followed_, true), "one Cursor for each Desired");
  }
  ~Cursor() {
    Skip();
    desired_.followed_ = false;
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  const Desired<Item>& desired() const { return desired_; }
  bool changed() const { return !desired_.changed_.empty(); }

  // The net change since the last call, ordered by the items' ids. Valid until `desired` changes.
  Delta<Item> Take() {
    Delta<Item> delta;
    for (auto& [entry, was] : desired_.changed_) {
      const Item* now = entry->first.owner == kNoFragment ? nullptr : &entry->first.item;
      if (was ? now != nullptr && *was == *now : now == nullptr) continue;
      const bool had = was.has_value();
      if (had) delta.kept.push_back(*std::move(was));
      delta.Add(had ? &delta.kept.back() : nullptr, now);
    }
    std::ranges::sort(delta.changes, [](const auto& a, const auto& b) { return a.id() < b.id(); });
    Skip();
    return delta;
  }

  // Drops the changes that Take() would return: the caller looks at everything that is desired.
  void Skip() {
    for (const auto& [entry, was] : desired_.changed_) {
      entry->changed = false;
      if (entry->first.owner == kNoFragment) desired_.Forget(*entry);
    }
    desired_.changed_ = {};
  }

 private:
  Desired<Item>& desired_;
};

}  // namespace kvs::engine
