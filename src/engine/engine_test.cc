#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kvs::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct House {
  std::string name;
  int street = 0;
  std::string sign;
  const std::string& key() const { return name; }
  friend bool operator==(const House&, const House&) = default;
};
struct Street {
  int number = 0;
  std::string name;
  int key() const { return number; }
  friend bool operator==(const Street&, const Street&) = default;
};
struct Letterbox {
  std::string address;
  std::string text;
  const std::string& id() const { return address; }
  friend bool operator==(const Letterbox&, const Letterbox&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Letterbox& box) {
    return out << box.address << "=" << box.text;
  }
};
struct Lamp {
  int street;
  int id() const { return street; }
  friend bool operator==(const Lamp&, const Lamp&) = default;
};

std::vector<Letterbox> Put(const Delta<Letterbox>& delta) {
  std::vector<Letterbox> put;
  for (const auto& change : delta.changes)
    if (change.now != nullptr) put.push_back(*change.now);
  return put;
}
std::vector<std::string> Erased(const Delta<Letterbox>& delta) {
  std::vector<std::string> erased;
  for (const auto& change : delta.changes)
    if (change.now == nullptr) erased.push_back(change.before->address);
  return erased;
}

// Every house has a letterbox at its street's name; every street has a lamp.
class EngineTest : public testing::Test {
 protected:
  using TownEngine = Engine<Letterbox, Lamp>;

  EngineTest() {
    engine_.AddTable(houses_);
    engine_.AddTable(streets_);
    engine_.AddRule<House>("letterbox", houses_,
                           [this](Reader& reader, const House& house, TownEngine::Emit& emit) {
                             const Street* street = reader.Find(streets_, house.street);
                             if (street == nullptr)
                               return emit.Report({"House/" + house.name, "street", "unknown"});
                             emit.Emit(Letterbox{street->name + "/" + house.sign, house.name});
                           });
    engine_.AddRule<Street>("lamp", streets_,
                            [](Reader&, const Street& street, TownEngine::Emit& emit) {
                              emit.Emit(Lamp{street.number});
                            });
  }

  uint64_t FragmentsRun() { return engine_.work().fragments_run; }

  Table<House> houses_;
  Table<Street> streets_;
  TownEngine engine_;
  Cursor<Letterbox> letterboxes_{engine_.desired<Letterbox>()};
};

TEST_F(EngineTest, TurnsRowsIntoItems) {
  streets_.Put({1, "Elm"});
  houses_.Put({"a", 1, "1"});
  EXPECT_EQ(engine_.Run(), 1u);
  const auto delta = letterboxes_.Take();
  EXPECT_THAT(Put(delta), ElementsAre(Letterbox{"Elm/1", "a"}));
  EXPECT_THAT(Erased(delta), IsEmpty());
  EXPECT_TRUE(letterboxes_.Take().empty());
  EXPECT_EQ(engine_.desired<Lamp>().size(), 1u);
}

TEST_F(EngineTest, RedoesWhoReadTheRowAndNobodyElse) {
  streets_.Put({1, "Elm"});
  streets_.Put({2, "Oak"});
  for (int i = 0; i < 10; ++i)
    houses_.Put({"h" + std::to_string(i), i < 3 ? 1 : 2, std::to_string(i)});
  engine_.Run();
  letterboxes_.Take();

  const uint64_t before = FragmentsRun();
  streets_.Put({1, "Ash"});
  engine_.Run();
  EXPECT_EQ(FragmentsRun() - before, 1u + 3u);  // the street's lamp, three houses
  const auto delta = letterboxes_.Take();
  EXPECT_EQ(Put(delta).size(), 3u);
  EXPECT_THAT(Erased(delta), ElementsAre("Elm/0", "Elm/1", "Elm/2"));

  const uint64_t then = FragmentsRun();
  houses_.Put({"h4", 2, "new"});
  engine_.Run();
  EXPECT_EQ(FragmentsRun() - then, 1u);
}

TEST_F(EngineTest, APutOfAnEqualRowIsNoChange) {
  streets_.Put({1, "Elm"});
  engine_.Run();
  streets_.Put({1, "Elm"});
  EXPECT_EQ(engine_.Run(), 1u);
  EXPECT_EQ(FragmentsRun(), 1u);
}

TEST_F(EngineTest, SeesTheComingOfWhatWasReadAbsent) {
  houses_.Put({"a", 7, "1"});
  engine_.Run();
  ASSERT_EQ(engine_.Problems().size(), 1u);
  EXPECT_EQ(engine_.Problems()[0].ToString(), "House/a street: unknown");
  streets_.Put({7, "Elm"});
  engine_.Run();
  EXPECT_THAT(engine_.Problems(), IsEmpty());
  EXPECT_NE(engine_.desired<Letterbox>().Find("Elm/1"), nullptr);
}

TEST_F(EngineTest, FoldsWhatComesAndGoesBetweenTwoDrains) {
  streets_.Put({1, "Elm"});
  houses_.Put({"a", 1, "1"});
  engine_.Run();
  letterboxes_.Take();
  houses_.Erase("a");
  engine_.Run();
  EXPECT_EQ(engine_.desired<Letterbox>().size(), 0u);
  EXPECT_EQ(engine_.desired<Letterbox>().Find("Elm/1"), nullptr);
  houses_.Put({"a", 1, "1"});
  engine_.Run();
  EXPECT_TRUE(letterboxes_.Take().empty());
  houses_.Put({"b", 1, "2"});
  engine_.Run();
  houses_.Erase("b");
  engine_.Run();
  EXPECT_TRUE(letterboxes_.Take().empty());
}

TEST_F(EngineTest, AKeyInConflictGoesToTheFirstInOrderAndIsInherited) {
  streets_.Put({1, "Elm"});
  houses_.Put({"b", 1, "same"});
  engine_.Run();
  houses_.Put({"a", 1, "same"});
  houses_.Put({"c", 1, "same"});
  engine_.Run();
  const auto& boxes = engine_.desired<Letterbox>();
  EXPECT_EQ(boxes.Find("Elm/same")->text, "a");
  int contests = 0;
  boxes.ForEachConflict([&](const std::string& key, const auto& claims) {
    ++contests;
    EXPECT_EQ(key, "Elm/same");
    ASSERT_EQ(claims.size(), 3u);
    EXPECT_EQ(claims[1].item.text, "b");
    EXPECT_EQ(claims[2].item.text, "c");
  });
  EXPECT_EQ(contests, 1);

  houses_.Erase("a");
  engine_.Run();
  EXPECT_EQ(boxes.Find("Elm/same")->text, "b");
  houses_.Erase("b");
  engine_.Run();
  EXPECT_EQ(boxes.Find("Elm/same")->text, "c");
  boxes.ForEachConflict([](const std::string&, const auto&) { ADD_FAILURE(); });
  houses_.Erase("c");
  engine_.Run();
  EXPECT_EQ(boxes.size(), 0u);
}

TEST_F(EngineTest, OfTwoItemsOfOneFragmentTheLastCounts) {
  Table<House> table;
  Engine<Letterbox> engine;
  Cursor<Letterbox> letterboxes(engine.desired<Letterbox>());
  engine.AddTable(table);
  engine.AddRule<House>("twice", table, [](Reader&, const House& house, auto& emit) {
    emit.Emit(Letterbox{"x", "first"});
    emit.Emit(Letterbox{"x", house.sign});
  });
  table.Put({"a", 0, "last"});
  engine.Run();
  EXPECT_THAT(Put(letterboxes.Take()), ElementsAre(Letterbox{"x", "last"}));
  table.Erase("a");
  engine.Run();
  EXPECT_THAT(Erased(letterboxes.Take()), ElementsAre("x"));
}

TEST_F(EngineTest, AFullRunChangesNothing) {
  streets_.Put({1, "Elm"});
  houses_.Put({"a", 1, "1"});
  engine_.Run();
  letterboxes_.Take();
  const WorkCounters before = engine_.work();
  engine_.MarkAllDirty();
  engine_.Run();
  EXPECT_EQ(engine_.work().fragments_run - before.fragments_run, engine_.fragments());
  EXPECT_EQ(engine_.work().items_changed, before.items_changed);
  EXPECT_TRUE(letterboxes_.Take().empty());
}

TEST_F(EngineTest, AChangeSaysWhatWasAndWhatIs) {
  streets_.Put({1, "Elm"});
  houses_.Put({"a", 1, "1"});
  engine_.Run();
  letterboxes_.Skip();
  houses_.Put({"0", 1, "1"});  // comes first in order
  engine_.Run();
  const auto delta = letterboxes_.Take();
  ASSERT_EQ(delta.changes.size(), 1u);
  EXPECT_EQ(delta.changes[0].before->text, "a");
  EXPECT_EQ(delta.changes[0].now->text, "0");
}

TEST_F(EngineTest, AllOfOneOwnerIsSetAtOnce) {
  Desired<Letterbox> desired;
  Cursor<Letterbox> cursor(desired);
  desired.Set({{"1", "a"}, {"2", "b"}});
  EXPECT_THAT(Put(cursor.Take()), ElementsAre(Letterbox{"1", "a"}, Letterbox{"2", "b"}));
  desired.Set({{"2", "c"}, {"3", "d"}});
  const auto delta = cursor.Take();
  EXPECT_THAT(Put(delta), ElementsAre(Letterbox{"2", "c"}, Letterbox{"3", "d"}));
  EXPECT_THAT(Erased(delta), ElementsAre("1"));
  EXPECT_EQ(desired.size(), 2u);
}

TEST_F(EngineTest, BrokenPreconditionsEndTheProgram) {
  Table<Street> stranger;
  EXPECT_DEATH(Cursor<Letterbox> second(engine_.desired<Letterbox>()), "one Cursor");
  EXPECT_DEATH(engine_.AddTable(streets_), "tables are added");
  EXPECT_DEATH(engine_.AddTable(stranger), "before the first rule");
  const auto nothing = [](Reader&, const Street&, auto&) {};
  EXPECT_DEATH(engine_.AddRule<Street>("stranger", stranger, nothing), "engine knows");
  streets_.Put({1, "Elm"});
  EXPECT_DEATH(engine_.AddRule<Street>("late", streets_, nothing), "before the first row");
}

TEST_F(EngineTest, RowsThatAReadFoundStayValidWhileTheRuleRuns) {
  Table<Street> table;
  Engine<Letterbox> engine;
  engine.AddTable(table);
  engine.AddRule<Street>("greedy", table, [&](Reader& reader, const Street& street, auto& emit) {
    for (int i = 0; i < 1000; ++i) reader.Find(table, 10'000 + i);  // makes slots
    emit.Emit(Letterbox{street.name, ""});
  });
  table.Put({1, "Elm"});
  engine.Run();
  EXPECT_NE(engine.desired<Letterbox>().Find("Elm"), nullptr);
  EXPECT_EQ(table.cells(), 1001u);
  table.Erase(1);
  engine.Run();
  EXPECT_EQ(table.cells(), 0u);
}

TEST_F(EngineTest, NothingIsLeftOfWhatIsGone) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) houses_.Put({"h" + std::to_string(i), i % 7, std::to_string(i)});
    for (int i = 0; i < 5; ++i) streets_.Put({i, "s" + std::to_string(i)});
    engine_.Run();
    EXPECT_EQ(engine_.fragments(), 55u);
    EXPECT_EQ(streets_.cells(), 7u);  // two of them only read
    for (int i = 0; i < 5; ++i) streets_.Erase(i);
    for (int i = 0; i < 50; ++i) houses_.Erase("h" + std::to_string(i));
    engine_.Run();
    EXPECT_EQ(engine_.fragments(), 0u);
    EXPECT_EQ(streets_.cells(), 0u);
    EXPECT_EQ(houses_.cells(), 0u);
  }
}

TEST(TableTest, ForgetsErasedKeysWithoutRulesAndWithoutAnEngine) {
  Table<Street> alone;
  Table<Street> ruleless;
  Engine<Lamp> engine;
  engine.AddTable(ruleless);
  for (auto* table : {&alone, &ruleless}) {
    for (int i = 0; i < 100; ++i) {
      table->Put({i, "x"});
      table->Erase(i);
    }
    table->Erase(5);
    EXPECT_EQ(table->size(), 0u);
    EXPECT_EQ(table->cells(), 0u);
  }
}

TEST(TableTest, IsAssignedByWhatDiffers) {
  Table<Street> table;
  std::vector<int> changed;
  table.Follow([&](const Street* before, const Street* after) {
    changed.push_back((after != nullptr ? after : before)->number);
  });
  EXPECT_TRUE(table.Assign({{1, "Lime"}, {2, "Elm"}}));
  changed.clear();
  EXPECT_FALSE(table.Assign({{2, "Elm"}, {1, "Lime"}}));
  EXPECT_THAT(changed, IsEmpty());
  EXPECT_TRUE(table.Assign({{2, "Oak"}, {3, "Ash"}}));
  EXPECT_THAT(changed, ElementsAre(1, 2, 3));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_TRUE(table.Assign({}));
  EXPECT_EQ(table.cells(), 0u);
}

TEST(TableTest, TellsItsFollowersBeforeAndAfter) {
  Table<Street> table;
  std::vector<std::string> told;
  table.Follow([&](const Street* before, const Street* after) {
    told.push_back((before ? before->name : "-") + ">" + (after ? after->name : "-"));
  });
  table.Put({1, "a"});
  table.Put({1, "a"});
  table.Put({1, "b"});
  table.Erase(1);
  table.Erase(1);
  EXPECT_THAT(told, ElementsAre("->a", "a>b", "b>-"));
}

TEST(TableTest, OutlivesItsEngine) {
  Table<Street> table;
  {
    Engine<Lamp> engine;
    engine.AddTable(table);
    table.Put({1, "a"});
  }
  table.Put({1, "b"});
  EXPECT_EQ(table.Find(1)->name, "b");
}

// A cell that everybody reads: leaving it must not cost a walk over all its readers.
TEST(EngineScaleTest, ManyReadersOfOneCellComeAndGo) {
  Table<House> houses;
  Table<Street> streets;
  Engine<Letterbox> engine;
  engine.AddTable(houses);
  engine.AddTable(streets);
  engine.AddRule<House>("hot", houses, [&](Reader& reader, const House& house, auto& emit) {
    const Street* street = reader.Find(streets, 1);
    if (street != nullptr) emit.Emit(Letterbox{house.name, street->name});
  });
  streets.Put({1, "Elm"});
  constexpr int kHouses = 50'000;
  for (int i = 0; i < kHouses; ++i) houses.Put({std::to_string(i), 1, ""});
  engine.Run();
  streets.Put({1, "Oak"});
  engine.Run();
  EXPECT_EQ(engine.work().fragments_run, 2u * kHouses);
  for (int i = 0; i < kHouses; i += 2) houses.Erase(std::to_string(i));
  engine.Run();
  streets.Erase(1);
  const uint64_t before = engine.work().fragments_run;
  engine.Run();
  EXPECT_EQ(engine.work().fragments_run - before, kHouses / 2);
  EXPECT_EQ(engine.desired<Letterbox>().size(), 0u);
}

}  // namespace
}  // namespace kvs::engine
