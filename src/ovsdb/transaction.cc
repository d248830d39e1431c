#include "ovsdb/transaction.h"

#include <boost/json.hpp>

#include "ovsdb/codec.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

json::object Begin(const char* op) { return {{"op", op}}; }

json::object Begin(const char* op, Table table, const std::vector<Condition>& where) {
  json::object operation = Begin(op);
  operation.emplace("table", NameOf(table));
  json::array conditions;
  for (const Condition& condition : where) conditions.push_back(ToJson(condition));
  operation.emplace("where", std::move(conditions));
  return operation;
}

json::array Names(const std::vector<std::string>& names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

// A "wait" that does not wait: it fails at once unless selecting `columns` yields exactly `rows`.
json::object Require(Table table, const std::vector<Condition>& where,
                     const std::vector<std::string>& columns, json::array rows) {
  json::object wait = Begin("wait", table, where);
  wait.emplace("timeout", 0);
  wait.emplace("columns", Names(columns));
  wait.emplace("until", "==");
  wait.emplace("rows", std::move(rows));
  return wait;
}

json::array Mutation(const std::string& column, const char* mutator, const Value& elements) {
  json::array mutation;
  mutation.emplace_back(column);
  mutation.emplace_back(mutator);
  mutation.emplace_back(ToJson(elements));
  return mutation;
}

json::object Mutate(Table table, const Uuid& row, json::array mutations) {
  json::object mutate = Begin("mutate", table, {Condition::Is(row)});
  mutate.emplace("mutations", std::move(mutations));
  return mutate;
}

// By hand: json::array{element} may copy instead of nest.
json::array One(json::value element) {
  json::array array;
  array.emplace_back(std::move(element));
  return array;
}

std::string Describe(const char* op, Table table, std::string_view which) {
  return fmt::format("{} {} {}", op, NameOf(table), which);
}
std::string Describe(const char* op, Table table, const Uuid& row) {
  return Describe(op, table, row.ToString());
}

StringSet KeysOf(const StringMap& map) {
  StringSet keys;
  for (const auto& [key, value] : map) keys.insert(key);
  return keys;
}

bool HasNul(std::string_view json) {
  for (size_t i = json.find('\\'); i < json.size(); i = json.find('\\', i + 2))
    if (json.substr(i).starts_with("\\u0000")) return true;
  return false;
}

}  // namespace

Result<> Transaction::Check() const {
  for (const Operation& operation : operations_) {
    boost::system::error_code error;
    json::parse(operation.json, error);
    if (error || HasNul(operation.json))
      return Fail("OVSDB transaction ({}): a text is not UTF-8, or contains NUL", operation.what);
  }
  return {};
}

void Transaction::Add(std::string json, std::string what, std::optional<Table> selects) {
  operations_.push_back({std::move(json), std::move(what), selects});
}

void Transaction::Comment(std::string_view text) {
  json::object comment = Begin("comment");
  comment.emplace("comment", text);
  Add(json::serialize(comment), "comment");
}

RowRef Transaction::Insert(Table table, const Columns& columns) {
  const RowRef ref(operations_.size());
  json::object insert = Begin("insert");
  insert.emplace("table", NameOf(table));
  insert.emplace("uuid-name", ToJson(Value(ref)).as_array()[1]);
  insert.emplace("row", ToJson(columns));
  const auto name = columns.find("name");
  const auto* text = name == columns.end() ? nullptr : std::get_if<std::string>(&name->second);
  Add(json::serialize(insert), Describe("insert", table, text ? *text : ""));
  return ref;
}

void Transaction::Update(Table table, const Uuid& row, const Columns& columns) {
  json::object update = Begin("update", table, {Condition::Is(row)});
  update.emplace("row", ToJson(columns));
  Add(json::serialize(update), Describe("update", table, row));
}

void Transaction::Delete(Table table, const Uuid& row) {
  Add(json::serialize(Begin("delete", table, {Condition::Is(row)})),
      Describe("delete", table, row));
}

void Transaction::InsertInto(Table table, const Uuid& row, const std::string& column,
                             const Value& elements) {
  Add(json::serialize(Mutate(table, row, One(Mutation(column, "insert", elements)))),
      Describe("change", table, row));
}

void Transaction::EraseFrom(Table table, const Uuid& row, const std::string& column,
                            const Value& elements) {
  Add(json::serialize(Mutate(table, row, One(Mutation(column, "delete", elements)))),
      Describe("change", table, row));
}

void Transaction::Select(Table table, const std::vector<Condition>& all_of,
                         const std::vector<std::string>& columns) {
  json::object select = Begin("select", table, all_of);
  json::array names = Names(columns.empty() ? ColumnNames(table) : columns);
  names.emplace_back("_uuid");
  select.emplace("columns", std::move(names));
  Add(json::serialize(select), Describe("select", table, "rows"), table);
}

void Transaction::RequireRow(Table table, const Uuid& row) {
  json::object self;
  self.emplace("_uuid", ToJson(Value(RowRef(row))));
  Add(json::serialize(Require(table, {Condition::Is(row)}, {"_uuid"}, One(std::move(self)))),
      Describe("require", table, row));
}

void Transaction::RequireValues(Table table, const Uuid& row, const Columns& columns) {
  std::vector<std::string> names;
  for (const auto& [name, value] : columns) names.push_back(name);
  Add(json::serialize(Require(table, {Condition::Is(row)}, names, One(ToJson(columns)))),
      Describe("require values of", table, row));
}

void Transaction::RequireNone(Table table, const std::vector<Condition>& all_of) {
  Add(json::serialize(Require(table, all_of, {"_uuid"}, {})),
      Describe("require no", table, "of this kind"));
}

RowRef Transaction::InsertPort(const Uuid& bridge, const Port& port, const Interface& interface) {
  RequireRow(Table::kBridge, bridge);
  const RowRef inside = Insert(Table::kInterface, ToColumns(interface));
  Columns columns = ToColumns(port);
  columns.insert_or_assign("interfaces", std::vector{inside});
  InsertInto(Table::kBridge, bridge, "ports", std::vector{Insert(Table::kPort, columns)});
  return inside;
}

void Transaction::DeletePort(const Uuid& bridge, const Uuid& port) {
  EraseFrom(Table::kBridge, bridge, "ports", std::vector{RowRef(port)});
}

RowRef Transaction::InsertBridge(const Uuid& root, const Bridge& bridge, const Interface& local,
                                 const RowByNumber& flow_tables) {
  RequireRow(Table::kOpenVSwitch, root);
  const RowRef interface = Insert(Table::kInterface, ToColumns(local));
  const RowRef port =
      Insert(Table::kPort, {{"name", bridge.name}, {"interfaces", std::vector{interface}}});
  Columns columns = ToColumns(bridge);
  columns.insert_or_assign("ports", std::vector{port});
  if (!flow_tables.empty()) columns.insert_or_assign("flow_tables", flow_tables);
  const RowRef inserted = Insert(Table::kBridge, columns);
  InsertInto(Table::kOpenVSwitch, root, "bridges", std::vector{inserted});
  return inserted;
}

void Transaction::DeleteBridge(const Uuid& root, const Uuid& bridge) {
  EraseFrom(Table::kOpenVSwitch, root, "bridges", std::vector{RowRef(bridge)});
}

void Transaction::SetKeys(Table table, const Uuid& row, const std::string& column,
                          const StringMap& entries) {
  RequireRow(table, row);
  json::array mutations;
  mutations.emplace_back(Mutation(column, "delete", KeysOf(entries)));
  mutations.emplace_back(Mutation(column, "insert", entries));
  Add(json::serialize(Mutate(table, row, std::move(mutations))),
      Describe(("set " + column + " of").c_str(), table, row));
}

void Transaction::SetExternalIds(Table table, const Uuid& row, const StringMap& ids) {
  SetKeys(table, row, "external_ids", ids);
}
void Transaction::SetOtherConfig(Table table, const Uuid& row, const StringMap& config) {
  SetKeys(table, row, "other_config", config);
}
void Transaction::RemoveExternalIds(Table table, const Uuid& row, const StringSet& keys) {
  EraseFrom(table, row, "external_ids", keys);
}
void Transaction::RemoveOtherConfig(Table table, const Uuid& row, const StringSet& keys) {
  EraseFrom(table, row, "other_config", keys);
}

void Transaction::IncrementNextCfg(const Uuid& root) {
  Add(json::serialize(
          Mutate(Table::kOpenVSwitch, root, One(Mutation("next_cfg", "+=", int64_t{1})))),
      "increment next_cfg");
}

Uuid Reply::IdOf(const RowRef& row) const {
  return row.operation ? inserted.at(*row.operation) : row.uuid;
}

}  // namespace kvs::ovsdb
