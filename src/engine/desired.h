#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

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

// Everything of one kind that should exist, and what changed since the last Drain(). Two owners may
// claim one key; the one of lower rank has it, whatever order the claims came in, and the other
// waits behind it.
template <class Item>
class Desired {
 public:
  using Key = typename Delta<Item>::Key;
  using Rank = uint32_t;  // a fragment; compared by `before`
  struct Claim {
    Rank owner;
    Item item;
  };
  using Entry = std::pair<const Key, std::vector<Claim>>;

  explicit Desired(std::function<bool(Rank, Rank)> before) : before_(std::move(before)) {}

  // Claims item.id() for `owner`, or changes its claim. Returns where the claim is kept.
  Entry* Put(Rank owner, Item item) {
    Entry& entry = *entries_.try_emplace(item.id()).first;
    auto& claims = entry.second;
    const auto it = std::ranges::find(claims, owner, &Claim::owner);
    if (it != claims.end() && it->item == item) return &entry;
    Remember(entry);
    if (it != claims.end()) {
      it->item = std::move(item);
      return &entry;
    }
    const auto at =
        std::ranges::find_if(claims, [&](const Claim& c) { return before_(owner, c.owner); });
    claims.insert(at, Claim{owner, std::move(item)});
    contested_ += claims.size() == 2 ? 1 : 0;
    return &entry;
  }

  void Erase(Rank owner, Entry* entry) {
    Remember(*entry);
    contested_ -= entry->second.size() == 2 ? 1 : 0;
    std::erase_if(entry->second, [&](const Claim& c) { return c.owner == owner; });
  }

  // Net change since the last call.
  Delta<Item> Drain(uint64_t revision) {
    Delta<Item> delta;
    delta.revision = revision;
    for (auto& [entry, was] : changed_) {
      if (entry->second.empty()) {
        if (was) delta.erase.push_back(entry->first);
        entries_.erase(entries_.find(entry->first));
      } else if (const Item& now = entry->second.front().item; !was || !(*was == now)) {
        delta.put.push_back(now);
      }
    }
    changed_.clear();
    std::ranges::sort(delta.erase);
    std::ranges::sort(delta.put, {}, [](const Item& item) { return item.id(); });
    return delta;
  }

  const Item* Find(const Key& key) const {
    const auto it = entries_.find(key);
    return it == entries_.end() || it->second.empty() ? nullptr : &it->second.front().item;
  }
  void ForEach(const std::function<void(const Item&)>& visit) const {
    for (const auto& [key, claims] : entries_)
      if (!claims.empty()) visit(claims.front().item);
  }
  // Keys claimed more than once: two facts ask for contradicting things.
  void ForEachContest(
      const std::function<void(const Key&, const std::vector<Claim>&)>& visit) const {
    if (contested_ == 0) return;
    for (const auto& [key, claims] : entries_)
      if (claims.size() > 1) visit(key, claims);
  }
  bool changed() const { return !changed_.empty(); }
  size_t size() const { return entries_.size(); }

 private:
  void Remember(Entry& entry) {
    changed_.try_emplace(&entry, entry.second.empty()
                                     ? std::optional<Item>()
                                     : std::optional<Item>(entry.second.front().item));
  }

  std::function<bool(Rank, Rank)> before_;
  std::unordered_map<Key, std::vector<Claim>> entries_;
  std::unordered_map<Entry*, std::optional<Item>> changed_;  // with the item as of the last Drain()
  size_t contested_ = 0;
};

}  // namespace kvs::engine
