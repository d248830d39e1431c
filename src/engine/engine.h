#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/problem.h"
#include "engine/desired.h"
#include "engine/table.h"

// Keyed rules with recorded reads.
//
// Facts are rows in tables. A rule is a pure function that turns one row into a few items (flows,
// routes ...). While it runs, every read of another row goes through a Reader and is recorded, so
// the engine knows by itself which (rule, row) pairs, called fragments, to redo when a row changes.
// The incremental run and the full one are the same code: full is "mark everything dirty". The
// engine knows nothing of networks.
//
// Invariant, tested by random histories: Desired after any history == Desired of a fresh engine
// with the same rows.
namespace kvs::engine {

// How a rule reads. Finding nothing is recorded too.
class Reader {
 public:
  template <class Row>
  const Row* Find(const Table<Row>& table, const typename Table<Row>::Key& key) {
    auto& recorded =
        const_cast<Table<Row>&>(table);  // a read may make an empty slot; no row changes
    const Cell cell{table_number_(recorded), recorded.SlotOf(key)};
    reads_.push_back(cell);
    return static_cast<const Row*>(recorded.RowAt(cell.slot));
  }

 private:
  template <class... Items>
  friend class Engine;
  std::function<uint16_t(const TableBase&)> table_number_;
  std::vector<Cell> reads_;
};

// What a rule gives out. Items of one fragment with the same id: the last one counts.
template <class... Items>
class Emitter {
 public:
  template <class Item>
  void Emit(Item item) {
    std::get<std::vector<Item>>(items_).push_back(std::move(item));
  }
  // The row asks for something impossible; shown to people.
  void Report(Problem problem) { problems_.push_back(std::move(problem)); }

 private:
  template <class... Others>
  friend class Engine;
  std::tuple<std::vector<Items>...> items_;
  std::vector<Problem> problems_;
};

// Counts of work done, for tests that speak of work and not of seconds.
struct Work {
  uint64_t fragments_run = 0;
  uint64_t items_changed = 0;  // claims put or erased
};

template <class... Items>
class Engine {
 public:
  using Emit = Emitter<Items...>;

  Engine()
      : desired_(Desired<Items>([this](FragmentId a, FragmentId b) { return Before(a, b); })...) {
    reader_.table_number_ = [this](const TableBase& table) { return NumberOf(table); };
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Tables are known before the first rule names or reads them.
  template <class Row>
  void AddTable(Table<Row>& table) {
    const auto number = static_cast<uint16_t>(tables_.size());
    tables_.push_back({&table, {}, {}});
    table.changed_ = [this, number](uint32_t slot) { RowChanged({number, slot}); };
  }

  // `rule` is a pure function of the row and what it reads.
  template <class Row>
  void AddRule(std::string_view name, Table<Row>& table,
               std::function<void(Reader&, const Row&, Emit&)> rule) {
    const uint16_t number = NumberOf(table);
    tables_[number].rules.push_back(static_cast<uint16_t>(rules_.size()));
    rules_.push_back({std::string(name), number,
                      [rule = std::move(rule)](Reader& reader, const void* row, Emit& emit) {
                        rule(reader, *static_cast<const Row*>(row), emit);
                      }});
  }

  // Redoes what changed. Returns the revision that the desired state has now.
  uint64_t Run() {
    if (dirty_.empty()) return revision_;
    ++revision_;
    for (size_t i = 0; i < dirty_.size(); ++i) Redo(dirty_[i]);
    dirty_.clear();
    return revision_;
  }

  // As if every row had changed.
  void MarkAllDirty() {
    for (FragmentId id = 0; id < fragments_.size(); ++id)
      if (fragments_[id].used) MarkDirty(id);
  }

  template <class Item>
  Desired<Item>& desired() {
    return std::get<Desired<Item>>(desired_);
  }
  template <class Item>
  Delta<Item> Drain() {
    return desired<Item>().Drain(revision_);
  }

  uint64_t revision() const { return revision_; }
  const Work& work() const { return work_; }
  size_t fragments() const { return fragments_.size() - free_.size(); }
  std::vector<Problem> Problems() const {
    std::vector<Problem> all;
    for (const Fragment& fragment : fragments_)
      if (fragment.problems)
        all.insert(all.end(), fragment.problems->begin(), fragment.problems->end());
    std::ranges::sort(all);
    return all;
  }

 private:
  struct Rule {
    std::string name;
    uint16_t table;
    std::function<void(Reader&, const void*, Emit&)> run;
  };
  struct Known {
    TableBase* table;
    std::vector<uint16_t> rules;
    std::vector<std::vector<FragmentId>> fragments_by_slot;  // of the table's own rules
  };
  // (rule, row): where its claims are, and what it read.
  struct Fragment {
    uint16_t rule = 0;
    bool used = false;
    bool dirty = false;
    uint32_t slot = 0;
    std::vector<Cell> reads;  // sorted, without repeats
    std::tuple<std::vector<typename Desired<Items>::Entry*>...> claims;
    std::unique_ptr<std::vector<Problem>> problems;  // rare
  };

  uint16_t NumberOf(const TableBase& table) const {
    const auto it = std::ranges::find(tables_, &table, &Known::table);
    return static_cast<uint16_t>(it - tables_.begin());
  }

  bool Before(FragmentId a, FragmentId b) const {
    const Fragment& x = fragments_[a];
    const Fragment& y = fragments_[b];
    if (x.rule != y.rule) return x.rule < y.rule;
    return tables_[rules_[x.rule].table].table->KeyLess(x.slot, y.slot);
  }

  void MarkDirty(FragmentId id) {
    if (std::exchange(fragments_[id].dirty, true)) return;
    dirty_.push_back(id);
  }

  void RowChanged(Cell cell) {
    Known& known = tables_[cell.table];
    if (known.fragments_by_slot.size() <= cell.slot) known.fragments_by_slot.resize(cell.slot + 1);
    auto& own = known.fragments_by_slot[cell.slot];
    for (const uint16_t rule : known.rules) {
      const bool there =
          std::ranges::any_of(own, [&](FragmentId id) { return fragments_[id].rule == rule; });
      if (!there) own.push_back(NewFragment(rule, cell.slot));
    }
    for (const FragmentId id : own) MarkDirty(id);
    for (const FragmentId id : known.table->ReadersOf(cell.slot)) MarkDirty(id);
  }

  FragmentId NewFragment(uint16_t rule, uint32_t slot) {
    if (free_.empty()) {
      free_.push_back(static_cast<FragmentId>(fragments_.size()));
      fragments_.emplace_back();
    }
    const FragmentId id = free_.back();
    free_.pop_back();
    fragments_[id].rule = rule;
    fragments_[id].slot = slot;
    fragments_[id].used = true;
    return id;
  }

  void Redo(FragmentId id) {
    fragments_[id].dirty = false;
    const Rule& rule = rules_[fragments_[id].rule];
    const void* row = tables_[rule.table].table->RowAt(fragments_[id].slot);
    Emit emit;
    reader_.reads_.clear();
    if (row != nullptr) rule.run(reader_, row, emit);
    ++work_.fragments_run;
    (Reclaim<Items>(id, std::get<std::vector<Items>>(emit.items_)), ...);
    fragments_[id].problems =
        emit.problems_.empty() ? nullptr
                               : std::make_unique<std::vector<Problem>>(std::move(emit.problems_));
    Relink(id);
    if (row == nullptr) Forget(id);
  }

  template <class Item>
  void Reclaim(FragmentId id, std::vector<Item>& items) {
    auto& claims = std::get<std::vector<typename Desired<Item>::Entry*>>(fragments_[id].claims);
    Desired<Item>& out = desired<Item>();
    std::vector<typename Desired<Item>::Entry*> now;
    now.reserve(items.size());
    for (Item& item : items) {
      const Item* had = out.Find(item.id());
      work_.items_changed += had == nullptr || !(*had == item) ? 1 : 0;
      now.push_back(out.Put(id, std::move(item)));
    }
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    for (auto* entry : claims) {
      if (std::ranges::binary_search(now, entry)) continue;
      out.Erase(id, entry);
      ++work_.items_changed;
    }
    now.shrink_to_fit();
    claims = std::move(now);
  }

  // Makes the cells just read, and only those, know this fragment.
  void Relink(FragmentId id) {
    std::vector<Cell> now(reader_.reads_);
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    std::vector<Cell> before = std::exchange(fragments_[id].reads, now);
    for (const Cell& cell : now)
      if (!std::ranges::binary_search(before, cell))
        tables_[cell.table].table->ReadersOf(cell.slot).push_back(id);
    for (const Cell& cell : before) {
      if (std::ranges::binary_search(now, cell)) continue;
      std::erase(tables_[cell.table].table->ReadersOf(cell.slot), id);
      ReleaseSlot(cell);
    }
  }

  void Forget(FragmentId id) {
    const Cell home{rules_[fragments_[id].rule].table, fragments_[id].slot};
    std::erase(tables_[home.table].fragments_by_slot[home.slot], id);
    fragments_[id] = Fragment{};
    free_.push_back(id);
    ReleaseSlot(home);
  }

  void ReleaseSlot(const Cell& cell) {
    const Known& known = tables_[cell.table];
    const bool has_fragments =
        cell.slot < known.fragments_by_slot.size() && !known.fragments_by_slot[cell.slot].empty();
    if (!has_fragments) known.table->Release(cell.slot);
  }

  std::vector<Known> tables_;
  std::vector<Rule> rules_;
  std::vector<Fragment> fragments_;
  std::vector<FragmentId> free_;
  std::vector<FragmentId> dirty_;
  std::tuple<Desired<Items>...> desired_;
  Reader reader_;
  uint64_t revision_ = 0;
  Work work_;
};

}  // namespace kvs::engine
