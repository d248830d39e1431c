#include "ovsdb/update.h"

#include <boost/json.hpp>

#include "ovsdb/codec.h"
#include "ovsdb/columns.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

template <class Row>
auto& ChangesOf(Change& change) {
  if constexpr (Row::kTable == Table::kOpenVSwitch) return change.open_vswitch;
  if constexpr (Row::kTable == Table::kBridge) return change.bridges;
  if constexpr (Row::kTable == Table::kPort) return change.ports;
  if constexpr (Row::kTable == Table::kInterface) return change.interfaces;
  if constexpr (Row::kTable == Table::kFlowTable) return change.flow_tables;
}

// A row's new state; nullopt: it is gone.
template <class Row>
using Target = std::optional<Row>;
using AnyTarget = std::variant<Target<OpenVSwitch>, Target<Bridge>, Target<Port>, Target<Interface>,
                               Target<FlowTable>>;
using Targets = std::map<std::pair<Table, Uuid>, AnyTarget>;

template <class Row>
Result<Target<Row>> TargetOf(const Row* before, const Uuid& uuid, const json::value& update) {
  if (!update.is_object() || update.get_object().size() != 1)
    return Fail("{} {}: {} is not a row update", NameOf(Row::kTable), uuid.ToString(),
                Excerpt(update));
  const auto& [kind, columns] = *update.get_object().begin();
  if (kind == "delete") return std::nullopt;
  const bool modify = kind == "modify";
  if ((!modify && kind != "insert" && kind != "initial") || !columns.is_object())
    return Fail("{} {}: \"{}\" is not a kind of row update", NameOf(Row::kTable), uuid.ToString(),
                std::string_view(kind));
  if (modify && !before)
    return Fail("{} {}: modified, but it was never inserted", NameOf(Row::kTable), uuid.ToString());
  Row row = modify ? *before : Row{.uuid = uuid};
  auto good =
      modify ? ModifyColumns(row, columns.get_object()) : SetColumns(row, columns.get_object());
  if (!good) return tl::unexpected(good.error());
  return row;
}

Result<> CollectTable(const Replica& replica, Table table, const json::value& rows,
                      Targets& targets) {
  if (!rows.is_object()) return Fail("{}: {} is not a table update", NameOf(table), Excerpt(rows));
  for (const auto& [text, update] : rows.get_object()) {
    const auto uuid = Uuid::Parse(text);
    if (!uuid) return tl::unexpected(uuid.error());
    auto good = WithRowOf(table, [&, &update = update]<class Row>() -> Result<> {
      auto target = TargetOf<Row>(replica.Of<Row>().Find(*uuid), *uuid, update);
      if (!target) return tl::unexpected(target.error());
      targets.insert_or_assign({table, *uuid}, std::move(*target));
      return {};
    });
    if (!good) return good;
  }
  return {};
}

Result<Targets> Collect(const Replica& replica, const json::value& updates) {
  if (!updates.is_object()) return Fail("{} is not an object of table updates", Excerpt(updates));
  Targets targets;
  for (const Table table : kTables) {
    const json::value* rows = updates.get_object().if_contains(NameOf(table));
    if (!rows) continue;
    if (auto good = CollectTable(replica, table, *rows, targets); !good)
      return tl::unexpected(good.error());
  }
  return targets;
}

template <class Row>
void Commit(Replica& replica, const Uuid& uuid, Target<Row> target, Change& change) {
  auto& rows = replica.Of<Row>();
  const Row* found = rows.Find(uuid);
  if (found ? target == *found : !target) return;
  RowChange<Row> row{found ? std::optional(*found) : std::nullopt};
  if (target)
    row.after = &rows.Put(std::move(*target));
  else
    rows.Erase(uuid);
  ChangesOf<Row>(change).push_back(std::move(row));
}

Change Commit(Replica& replica, Targets&& targets) {
  Change change;
  for (auto& [key, any] : targets)
    std::visit(
        [&, uuid = key.second](auto& target) { Commit(replica, uuid, std::move(target), change); },
        any);
  return change;
}

}  // namespace

Result<Change> ApplyUpdates(Replica& replica, const json::value& updates) {
  auto targets = Collect(replica, updates);
  if (!targets) return tl::unexpected(targets.error());
  return Commit(replica, std::move(*targets));
}

Result<Change> ReplaceContent(Replica& replica, const std::set<Table>& tables,
                              const json::value& content) {
  auto targets = Collect(Replica(), content);
  if (!targets) return tl::unexpected(targets.error());
  for (const Table table : tables)
    WithRowOf(table, [&]<class Row>() {
      for (const auto& [uuid, row] : replica.Of<Row>())
        targets->try_emplace({table, uuid}, Target<Row>());
    });
  return Commit(replica, std::move(*targets));
}

}  // namespace kvs::ovsdb
