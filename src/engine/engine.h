#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/problem.h"
#include "engine/desired.h"
#include "engine/table.h"

// Keyed rules with recorded reads.
//
// Facts are rows in tables. A rule is a pure function that turns one row into a few items (flows,
// routes ...). While it runs, every read of another row goes through a Reader and is recorded, so
// the engine knows which (rule, row) pairs, called fragments, to run again when a row changes. The
// incremental run and the full one are the same code: full is "mark everything dirty". The engine
// knows nothing about networks.
//
// Invariant, tested by random histories: Desired after any history == Desired of a fresh engine
// with the same rows.
namespace kvs::engine {

// How a rule reads. A read that finds nothing is recorded too. A row that was found is valid while
// the rule runs.
class Reader {
 public:
  template <class Row>
  const Row* Find(const Table<Row>& table, const typename Table<Row>::Key& key) {
    // A read may make an empty slot; no row changes.
    auto& recorded = const_cast<Table<Row>&>(table);
    AbortUnless(recorded.changed_ != nullptr, "rules read tables that the engine knows");
    const Cell cell{table.number_, recorded.SlotOf(key)};
    reads_.push_back(cell);
    return static_cast<const Row*>(recorded.RowAt(cell.slot));
  }

 private:
  template <class... Items>
  friend class Engine;
  std::vector<Cell> reads_;
};

// Where a rule puts its items. Of a fragment's items with the same id the last one counts.
template <class... Items>
class Emitter {
 public:
  template <class Item>
  void Emit(Item item) {
    std::get<std::vector<Item>>(items_).push_back(std::move(item));
  }
  // Reports that the row asks for something impossible; operators see it.
  void Report(Problem problem) { problems_.push_back(std::move(problem)); }

 private:
  template <class... Others>
  friend class Engine;
  std::tuple<std::vector<Items>...> items_;
  std::vector<Problem> problems_;
};

// Counts of work done: tests check these in place of seconds.
struct WorkCounters {
  uint64_t fragments_run = 0;
  uint64_t items_changed = 0;  // contributions put, changed or erased
};

template <class... Items>
class Engine {
 public:
  using Emit = Emitter<Items...>;

  Engine()
      : desired_(Desired<Items>([this](FragmentId a, FragmentId b) { return Before(a, b); })...) {}
  ~Engine() {
    for (const Known& known : tables_) known.table->changed_ = nullptr;
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Tables are added before the first rule that names or reads them, rules before the first row. A
  // table has one engine, and outlives it.
  template <class Row>
  void AddTable(Table<Row>& table) {
    AbortUnless(rules_.empty() && table.size() == 0 && !table.changed_,
                "tables are added empty, before the first rule, to one engine");
    table.number_ = static_cast<uint16_t>(tables_.size());
    table.changed_ = [this, number = table.number_](uint32_t slot) { RowChanged({number, slot}); };
    tables_.push_back({&table, {}, {}});
  }

  // `rule` is a pure function of the row and what it reads.
  template <class Row>
  void AddRule(std::string_view name, Table<Row>& table,
               std::function<void(Reader&, const Row&, Emit&)> rule) {
    AbortUnless(fragments_.empty() && dirty_.empty() && table.changed_ != nullptr,
                "rules are added before the first row, on tables that the engine knows");
    tables_[table.number_].rules.push_back(static_cast<uint16_t>(rules_.size()));
    rules_.push_back({std::string(name), table.number_,
                      [rule = std::move(rule)](Reader& reader, const void* row, Emit& emit) {
                        rule(reader, *static_cast<const Row*>(row), emit);
                      }});
  }

  // Runs the dirty fragments. Returns the revision of the desired state.
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
  const Desired<Item>& desired() const {
    return std::get<Desired<Item>>(desired_);
  }

  uint64_t revision() const { return revision_; }
  const WorkCounters& work() const { return work_; }
  size_t fragments() const { return used_; }
  // Of all fragments, in order.
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
    std::vector<FragmentId> free;  // first fragments of rows that are gone
  };
  struct Read {
    Cell cell;
    uint32_t at;  // where the cell's readers name this fragment
  };
  using Held = std::variant<typename Desired<Items>::Entry*...>;
  // (rule, row): what it read, and where its claims are. A row's fragments, one for each rule of
  // its table, stand side by side.
  struct Fragment {
    uint16_t rule = 0;
    bool used = false;
    bool dirty = false;
    uint32_t slot = 0;
    std::vector<Read> reads;                         // by cell, without repeats
    std::vector<Held> claims;                        // in order, without repeats
    std::unique_ptr<std::vector<Problem>> problems;  // rare
  };

  TableBase::Links& LinksOf(const Cell& cell) {
    return tables_[cell.table].table->LinksOf(cell.slot);
  }

  bool Before(FragmentId a, FragmentId b) const {
    const Fragment& x = fragments_[a];
    const Fragment& y = fragments_[b];
    if (x.rule != y.rule) return x.rule < y.rule;
    return tables_[rules_[x.rule].table].table->KeyLess(x.slot, y.slot);
  }

  void MarkDirty(FragmentId id) {
    if (!std::exchange(fragments_[id].dirty, true)) dirty_.push_back(id);
  }

  void RowChanged(const Cell& cell) {
    const Known& known = tables_[cell.table];
    TableBase::Links& links = LinksOf(cell);
    if (links.own == kNoFragment && !known.rules.empty()) links.own = NewFragments(cell);
    for (size_t i = 0; i < known.rules.size(); ++i)
      MarkDirty(links.own + static_cast<FragmentId>(i));
    for (const FragmentId id : links.readers) MarkDirty(id);
  }

  FragmentId NewFragments(const Cell& cell) {
    Known& known = tables_[cell.table];
    if (known.free.empty()) {
      known.free.push_back(static_cast<FragmentId>(fragments_.size()));
      fragments_.resize(fragments_.size() + known.rules.size());
    }
    const FragmentId first = known.free.back();
    known.free.pop_back();
    for (size_t i = 0; i < known.rules.size(); ++i) {
      Fragment& fragment = fragments_[first + i];
      fragment.rule = known.rules[i];
      fragment.slot = cell.slot;
      fragment.used = true;
    }
    used_ += known.rules.size();
    return first;
  }

  void Redo(FragmentId id) {
    fragments_[id].dirty = false;
    const Rule& rule = rules_[fragments_[id].rule];
    const void* row = tables_[rule.table].table->RowAt(fragments_[id].slot);
    Emit emit;
    reader_.reads_.clear();
    if (row != nullptr) rule.run(reader_, row, emit);
    ++work_.fragments_run;
    Reclaim(id, emit);
    fragments_[id].problems =
        emit.problems_.empty() ? nullptr
                               : std::make_unique<std::vector<Problem>>(std::move(emit.problems_));
    Relink(id);
    if (row == nullptr) Forget(id);
  }

  // Claims what the fragment gave out just now, and only that.
  void Reclaim(FragmentId id, Emit& emit) {
    std::vector<Held> now;
    now.reserve((std::get<std::vector<Items>>(emit.items_).size() + ...));
    (Contribution(id, std::get<std::vector<Items>>(emit.items_), now), ...);
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    for (const Held& held : fragments_[id].claims) {
      if (std::ranges::binary_search(now, held)) continue;
      ++work_.items_changed;
      std::visit([&](auto* entry) { DesiredOf(entry).Erase(id, entry); }, held);
    }
    fragments_[id].claims = std::move(now);
  }

  template <class Item>
  void Contribution(FragmentId id, std::vector<Item>& items, std::vector<Held>& held) {
    for (Item& item : items) {
      const auto [entry, changed] = desired<Item>().Put(id, std::move(item));
      work_.items_changed += changed ? 1 : 0;
      held.push_back(entry);
    }
  }

  template <class Entry>
  auto& DesiredOf(Entry*) {
    return desired<decltype(Entry::first.item)>();
  }

  // Makes the cells just read, and only those, know this fragment.
  void Relink(FragmentId id) {
    std::vector<Cell>& now = reader_.reads_;
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    std::vector<Read>& reads = fragments_[id].reads;
    if (std::ranges::equal(now, reads, {}, {}, &Read::cell)) return;

    std::vector<Read> linked;
    linked.reserve(now.size());
    for (const Cell& cell : now) {
      if (const Read* had = ReadOf(id, cell)) {
        linked.push_back(*had);
      } else {
        auto& readers = LinksOf(cell).readers;
        linked.push_back({cell, static_cast<uint32_t>(readers.size())});
        readers.push_back(id);
      }
    }
    for (const Read& read : reads)
      if (!std::ranges::binary_search(now, read.cell)) Unlink(read);
    reads = std::move(linked);
  }

  // Takes a fragment off a cell, however many read it: the last reader moves into its place.
  void Unlink(const Read& read) {
    auto& readers = LinksOf(read.cell).readers;
    const FragmentId moved = readers.back();
    readers.pop_back();
    if (read.at < readers.size()) {
      readers[read.at] = moved;
      ReadOf(moved, read.cell)->at = read.at;
    }
    tables_[read.cell.table].table->Release(read.cell.slot);
  }

  Read* ReadOf(FragmentId id, const Cell& cell) {
    std::vector<Read>& reads = fragments_[id].reads;
    const auto it = std::ranges::lower_bound(reads, cell, {}, &Read::cell);
    return it == reads.end() || it->cell != cell ? nullptr : &*it;
  }

  // The row is gone, and what this fragment held of it. The last of a row's fragments frees them.
  void Forget(FragmentId id) {
    const Cell home{rules_[fragments_[id].rule].table, fragments_[id].slot};
    fragments_[id] = Fragment{};
    --used_;
    Known& known = tables_[home.table];
    FragmentId& own = LinksOf(home).own;
    for (size_t i = 0; i < known.rules.size(); ++i)
      if (fragments_[own + i].used) return;
    known.free.push_back(std::exchange(own, kNoFragment));
    known.table->Release(home.slot);
  }

  std::vector<Known> tables_;
  std::vector<Rule> rules_;
  std::vector<Fragment> fragments_;
  std::vector<FragmentId> dirty_;
  std::tuple<Desired<Items>...> desired_;
  Reader reader_;
  uint64_t revision_ = 0;
  size_t used_ = 0;
  WorkCounters work_;
};

}  // namespace kvs::engine
