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

#include "engine/table.h"

namespace kvs::engine {

// What must change to get from one state to the next. Deltas are idempotent: put is "make it so",
// erase is "see that it is gone". Both are in the order of their keys.
template <class Item>
struct Delta {
  using Key = std::remove_cvref_t<decltype(std::declval<const Item&>().id())>;
  std::vector<Item> put;
  std::vector<Key> erase;
  uint64_t revision = 0;  // what is reached once this is applied

  bool empty() const { return put.empty() && erase.empty(); }
};

// Everything of one kind that should exist, and what changed since the last Drain(). Two fragments
// may claim one key; the one that comes first in their order has it, whatever order the claims came
// in, and the other waits behind it.
template <class Item>
class Desired {
 public:
  using Key = typename Delta<Item>::Key;
  struct Claim {
    FragmentId owner = kNoFragment;
    Item item;
  };
  // A key and who claims it. Emptied, it stays until the next Drain(), with the item it had.
  struct Entry {
    Claim first;
    std::unique_ptr<std::vector<Claim>> waiting;  // in order; null: nobody
    bool changed = false;                         // is in changed_
  };

  explicit Desired(std::function<bool(FragmentId, FragmentId)> before)
      : before_(std::move(before)) {}

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
    Claim* had = ClaimOf(entry, owner);
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
        return;
      }
      entry->first = std::move(entry->waiting->front());
      entry->waiting->erase(entry->waiting->begin());
    } else {
      std::erase_if(*entry->waiting, [&](const Claim& claim) { return claim.owner == owner; });
    }
    if (!entry->waiting->empty()) return;
    entry->waiting = nullptr;
    --contested_;
  }

  // Net change since the last call.
  Delta<Item> Drain(uint64_t revision) {
    Delta<Item> delta;
    delta.revision = revision;
    for (const auto& [entry, was] : changed_) {
      if (entry->first.owner == kNoFragment) {
        if (was) delta.erase.push_back(was->id());
      } else if (!was || !(*was == entry->first.item)) {
        delta.put.push_back(entry->first.item);
      }
    }
    Settle();
    std::ranges::sort(delta.erase);
    std::ranges::sort(delta.put, [](const Item& a, const Item& b) { return a.id() < b.id(); });
    return delta;
  }
  // As Drain(), for who knows the change already.
  void Settle() {
    for (const auto& [entry, was] : changed_) {
      entry->changed = false;
      if (entry->first.owner == kNoFragment) entries_.erase(entries_.find(entry->first.item.id()));
    }
    changed_ = {};
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
  void ForEachContest(
      const std::function<void(const Key&, const std::vector<Claim>&)>& visit) const {
    if (contested_ == 0) return;
    for (const auto& entry : entries_) {
      if (!entry->waiting) continue;
      std::vector<Claim> claims{entry->first};
      claims.insert(claims.end(), entry->waiting->begin(), entry->waiting->end());
      visit(entry->first.item.id(), claims);
    }
  }
  bool changed() const { return !changed_.empty(); }
  size_t size() const { return size_; }

 private:
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

  static Claim* ClaimOf(Entry& entry, FragmentId owner) {
    if (entry.first.owner == owner) return &entry.first;
    if (!entry.waiting) return nullptr;
    const auto it = std::ranges::find(*entry.waiting, owner, &Claim::owner);
    return it == entry.waiting->end() ? nullptr : &*it;
  }

  void Insert(Entry& entry, Claim claim) {
    if (before_(claim.owner, entry.first.owner)) {
      Remember(entry);
      std::swap(claim, entry.first);
    }
    if (!entry.waiting) {
      entry.waiting = std::make_unique<std::vector<Claim>>();
      ++contested_;
    }
    const auto at = std::ranges::find_if(
        *entry.waiting, [&](const Claim& other) { return before_(claim.owner, other.owner); });
    entry.waiting->insert(at, std::move(claim));
  }

  void Remember(Entry& entry) {
    if (std::exchange(entry.changed, true)) return;
    changed_.emplace_back(&entry, std::nullopt);
    if (entry.first.owner != kNoFragment) changed_.back().second = entry.first.item;
  }

  std::function<bool(FragmentId, FragmentId)> before_;
  std::unordered_set<std::unique_ptr<Entry>, Hash, Equal> entries_;
  std::vector<std::pair<Entry*, std::optional<Item>>> changed_;  // with the item at last Drain()
  size_t size_ = 0;
  size_t contested_ = 0;
};

}  // namespace kvs::engine
