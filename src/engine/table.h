#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kvs::engine {

// A fragment's number; see engine.h. A reader of a cell is known by it.
using FragmentId = uint32_t;
inline constexpr FragmentId kNoFragment = ~FragmentId{0};

// One key of one table, present or absent: the unit in which reads are recorded.
struct Cell {
  uint16_t table;
  uint32_t slot;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

// What the engine needs to know of a table without knowing its rows.
class TableBase {
 public:
  // What the engine keeps at a cell.
  struct Links {
    std::vector<FragmentId> readers;
    FragmentId own = kNoFragment;  // the first of the row's own fragments
  };

  TableBase() = default;
  virtual ~TableBase() = default;
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;

  virtual const void* RowAt(uint32_t slot) const = 0;
  virtual bool KeyLess(uint32_t a, uint32_t b) const = 0;
  virtual Links& LinksOf(uint32_t slot) = 0;
  // Forgets the slot if it has neither row nor links.
  virtual void Release(uint32_t slot) = 0;

 protected:
  template <class... Items>
  friend class Engine;
  friend class Reader;
  uint16_t number_ = 0;                         // set by the engine
  std::function<void(uint32_t slot)> changed_;  // set by the engine
};

// Facts of one kind, by key. `Row` is a value with == and a hashable, ordered `key()`. Put() of an
// equal row is no change. A key that was read while it was absent keeps a slot, so that readers are
// run again when it is put. A row's address is stable until it is put again or erased.
template <class Row>
class Table final : public TableBase {
 public:
  using Key = std::remove_cvref_t<decltype(std::declval<const Row&>().key())>;
  // Called on every change with the row before (null: added) and after it (null: erased); this is
  // how an index follows a table.
  using Follower = std::function<void(const Row* before, const Row* after)>;

  void Put(Row row) {
    const uint32_t slot = SlotOf(row.key());
    Slot& at = slots_[slot];
    if (at.row == row) return;
    const std::optional<Row> before = std::exchange(at.row, std::move(row));
    size_ += before ? 0 : 1;
    Notify(before ? &*before : nullptr, slot);
  }

  void Erase(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end() || !slots_[it->second].row) return;
    const uint32_t slot = it->second;
    const std::optional<Row> before = std::exchange(slots_[slot].row, std::nullopt);
    --size_;
    Notify(&*before, slot);
    Release(slot);
  }

  // Leaves these rows, and no other, in the table; of two with one key the later one. Says whether
  // that changed anything.
  bool Assign(std::vector<Row> rows) {
    std::unordered_set<Key> kept;
    for (const Row& row : rows) kept.insert(row.key());
    std::vector<Key> gone;
    ForEach([&](const Row& row) {
      if (!kept.contains(row.key())) gone.push_back(row.key());
    });
    bool changed = !gone.empty();
    for (const Key& key : gone) Erase(key);
    for (Row& row : rows) {
      const Row* before = Find(row.key());
      changed |= before == nullptr || *before != row;
      Put(std::move(row));
    }
    return changed;
  }

  // For feeds, indexes and status. A rule reads through its View, which records.
  const Row* Find(const Key& key) const {
    const auto it = index_.find(key);
    return it == index_.end() || !slots_[it->second].row ? nullptr : &*slots_[it->second].row;
  }

  // In no particular order. `visit` must not change the table.
  void ForEach(const std::function<void(const Row&)>& visit) const {
    for (const Slot& slot : slots_)
      if (slot.row) visit(*slot.row);
  }

  size_t size() const { return size_; }
  // Keys that are kept: those of rows, and absent ones that a rule has read.
  size_t cells() const { return index_.size(); }
  void Follow(Follower follower) { followers_.push_back(std::move(follower)); }

  // The slot of a key, made if need be. For the engine.
  uint32_t SlotOf(const Key& key) {
    const auto [it, fresh] = index_.try_emplace(key, 0);
    if (!fresh) return it->second;
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    it->second = free_.back();
    free_.pop_back();
    slots_[it->second].key = &it->first;
    return it->second;
  }

  const void* RowAt(uint32_t slot) const override {
    return slots_[slot].row ? &*slots_[slot].row : nullptr;
  }
  bool KeyLess(uint32_t a, uint32_t b) const override { return *slots_[a].key < *slots_[b].key; }
  Links& LinksOf(uint32_t slot) override { return slots_[slot].links; }
  void Release(uint32_t slot) override {
    Slot& at = slots_[slot];
    if (at.key == nullptr || at.row || !at.links.readers.empty() || at.links.own != kNoFragment)
      return;
    index_.erase(index_.find(*at.key));
    at = Slot{};
    free_.push_back(slot);
  }

 private:
  struct Slot {
    const Key* key = nullptr;  // in index_; null if the slot is free
    std::optional<Row> row;
    Links links;
  };

  void Notify(const Row* before, uint32_t slot) {
    if (changed_) changed_(slot);
    for (const Follower& follower : followers_)
      follower(before, slots_[slot].row ? &*slots_[slot].row : nullptr);
  }

  std::unordered_map<Key, uint32_t> index_;
  std::deque<Slot> slots_;  // rows do not move when a slot is added: a rule holds what it has read
  std::vector<uint32_t> free_;
  std::vector<Follower> followers_;
  size_t size_ = 0;
};

}  // namespace kvs::engine
