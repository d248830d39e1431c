#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "engine/engine.h"

// The engine's one promise, on random histories: whatever came in whatever order and however it was
// batched, the desired state is that of a fresh engine with the same rows, and the deltas, folded,
// are the desired state. And that this test has teeth: it fails when a rule reads behind the
// engine's back.
namespace kvs::engine {
namespace {

struct Apple {
  int number = 0, pear = 0, value = 0;
  int key() const { return number; }
  friend bool operator==(const Apple&, const Apple&) = default;
};
struct Pear {
  int number = 0, apple = 0, value = 0;
  int key() const { return number; }
  friend bool operator==(const Pear&, const Pear&) = default;
};
template <int kKind>
struct Fruit {
  int number = 0, text = 0;
  int id() const { return number; }
  friend bool operator==(const Fruit&, const Fruit&) = default;
};
using Jam = Fruit<0>;
using Juice = Fruit<1>;
using FruitEngine = Engine<Jam, Juice>;

constexpr int kKeys = 8;  // few, so that rows meet and items contest

enum class Reads { kRecorded, kBehindTheBack };

struct Garden {
  explicit Garden(Reads reads) {
    engine.AddTable(apples);
    engine.AddTable(pears);
    // A chain of reads (apple -> pear -> apple), some of them of absent rows, and keys that other
    // fragments claim as well.
    engine.AddRule<Apple>(
        "jam", apples, [this, reads](Reader& reader, const Apple& apple, FruitEngine::Emit& emit) {
          const Pear* pear =
              reads == Reads::kRecorded ? reader.Find(pears, apple.pear) : pears.Find(apple.pear);
          if (pear == nullptr) return emit.Emit(Juice{apple.value, -1});
          const Apple* other = reader.Find(apples, pear->apple);
          emit.Emit(Jam{pear->value, other == nullptr ? -1 : other->value});
          emit.Emit(Jam{apple.value, apple.number});
        });
    engine.AddRule<Apple>("juice", apples, [](Reader&, const Apple& apple, auto& emit) {
      if (apple.value % 3 == 0) emit.Report({"Apple", std::to_string(apple.number), "sour"});
      emit.Emit(Juice{apple.value, apple.number});
    });
    engine.AddRule<Pear>("perry", pears, [this](Reader& reader, const Pear& pear, auto& emit) {
      for (int i = 0; i < pear.value; ++i)
        if (reader.Find(pears, pear.number + i) != nullptr) emit.Emit(Juice{i, pear.number});
    });
  }

  Table<Apple> apples;
  Table<Pear> pears;
  FruitEngine engine;
};

using Snapshot = std::map<int, int>;

template <class Item>
Snapshot SnapshotOf(const FruitEngine& engine) {
  Snapshot all;
  engine.desired<Item>().ForEach([&](const Item& item) { all[item.number] = item.text; });
  return all;
}

template <class Item>
void Fold(Cursor<Item>& cursor, Snapshot& state) {
  const Delta<Item> delta = cursor.Take();
  for (const Change<Item>& change : delta.changes) {
    const auto was = state.find(change.id());
    ASSERT_EQ(was != state.end(), change.before != nullptr);
    if (change.before != nullptr) {
      ASSERT_EQ(was->second, change.before->text);
    }
    if (change.now == nullptr)
      state.erase(was);
    else
      state.insert_or_assign(change.id(), change.now->text);
  }
}

// A fresh engine with the rows of `old`, put in a random order.
std::unique_ptr<Garden> Replant(const Garden& old, std::mt19937& random) {
  std::vector<Apple> apples;
  std::vector<Pear> pears;
  old.apples.ForEach([&](const Apple& apple) { apples.push_back(apple); });
  old.pears.ForEach([&](const Pear& pear) { pears.push_back(pear); });
  std::ranges::shuffle(apples, random);
  std::ranges::shuffle(pears, random);
  auto garden = std::make_unique<Garden>(Reads::kRecorded);
  for (const Apple& apple : apples) garden->apples.Put(apple);
  for (const Pear& pear : pears) garden->pears.Put(pear);
  garden->engine.Run();
  return garden;
}

void ChangeOneRow(Garden& garden, std::mt19937& random) {
  const auto pick = [&] { return static_cast<int>(random() % kKeys); };
  switch (random() % 4) {
    case 0:
      return garden.apples.Erase(pick());
    case 1:
      return garden.pears.Erase(pick());
    case 2:
      return garden.apples.Put({pick(), pick(), pick()});
    default:
      return garden.pears.Put({pick(), pick(), pick()});
  }
}

// Whether the promise held all along one history. Deltas are folded at random times.
bool HistoryHolds(Reads reads, uint32_t seed) {
  std::mt19937 random(seed);
  Garden garden(reads);
  Cursor<Jam> jams(garden.engine.desired<Jam>());
  Cursor<Juice> juices(garden.engine.desired<Juice>());
  Snapshot jam, juice;
  for (int step = 0; step < 60; ++step) {
    for (auto changes = random() % 6; changes-- > 0;) ChangeOneRow(garden, random);
    garden.engine.Run();
    const auto fresh = Replant(garden, random);
    if (SnapshotOf<Jam>(garden.engine) != SnapshotOf<Jam>(fresh->engine)) return false;
    if (SnapshotOf<Juice>(garden.engine) != SnapshotOf<Juice>(fresh->engine)) return false;
    if (garden.engine.Problems() != fresh->engine.Problems()) return false;
    if (garden.engine.fragments() != fresh->engine.fragments()) return false;
    if (garden.apples.cells() != fresh->apples.cells()) return false;
    if (garden.pears.cells() != fresh->pears.cells()) return false;
    if (garden.engine.desired<Jam>().size() != fresh->engine.desired<Jam>().size()) return false;
    if (random() % 3 != 0) continue;
    Fold(jams, jam);
    Fold(juices, juice);
    if (jam != SnapshotOf<Jam>(garden.engine)) return false;
    if (juice != SnapshotOf<Juice>(garden.engine)) return false;
  }
  return true;
}

TEST(HistoryTest, IncrementalIsFresh) {
  for (uint32_t seed = 0; seed < 150; ++seed)
    ASSERT_TRUE(HistoryHolds(Reads::kRecorded, seed)) << "seed " << seed;
}

TEST(HistoryTest, AReadBehindTheEnginesBackIsFound) {
  int failed = 0;
  for (uint32_t seed = 0; seed < 20; ++seed)
    failed += HistoryHolds(Reads::kBehindTheBack, seed) ? 0 : 1;
  EXPECT_EQ(failed, 20);
}

TEST(HistoryTest, ConflictsAreDecidedAlikeInEveryOrder) {
  std::vector<Apple> apples;
  for (int i = 0; i < 6; ++i) apples.push_back({i, 0, 1});  // all claim juice 1
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(apples, random);
    Garden garden(Reads::kRecorded);
    for (const Apple& apple : apples) {
      garden.apples.Put(apple);
      if (random() % 2 == 0) garden.engine.Run();
    }
    garden.engine.Run();
    ASSERT_EQ(garden.engine.desired<Juice>().Find(1)->text, -1);  // of rule "jam", the earlier one
    garden.pears.Put({0, 9, 2});                                  // now rule "jam" makes no juice
    garden.engine.Run();
    ASSERT_EQ(garden.engine.desired<Juice>().Find(1)->text, 0);  // of the lowest apple
  }
}

}  // namespace
}  // namespace kvs::engine
