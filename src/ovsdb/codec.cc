#include "ovsdb/codec.h"

#include <boost/json.hpp>

#include "ovsdb/columns.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

// Encoding.

json::value Atom(bool value) { return value; }
json::value Atom(int64_t value) { return value; }
json::value Atom(const std::string& value) { return json::string(value); }
json::value Atom(const RowRef& row) {
  if (row.operation) return json::array{"named-uuid", "row" + std::to_string(*row.operation)};
  return json::array{"uuid", row.uuid.ToString()};
}

// ["set", [...]]. Built by hand: an initializer list of pairs would become an object.
json::value Tagged(const char* tag, json::array elements) {
  json::array tagged;
  tagged.emplace_back(tag);
  tagged.emplace_back(std::move(elements));
  return tagged;
}

template <class T>
json::value Encode(const T& value) {
  return Atom(value);
}
template <class Elements>
json::value EncodeSet(const Elements& elements) {
  json::array all;
  for (const auto& element : elements) all.push_back(Atom(element));
  return Tagged("set", std::move(all));
}
json::value Encode(const StringSet& set) { return EncodeSet(set); }
json::value Encode(const std::vector<RowRef>& set) { return EncodeSet(set); }
template <class Elements>
json::value EncodeMap(const Elements& map) {
  json::array all;
  for (const auto& [key, value] : map) {
    json::array pair;
    pair.push_back(Atom(key));
    pair.push_back(Atom(value));
    all.emplace_back(std::move(pair));
  }
  return Tagged("map", std::move(all));
}
json::value Encode(const StringMap& map) { return EncodeMap(map); }
json::value Encode(const RowByNumber& map) { return EncodeMap(map); }

template <class T>
Value FieldValue(const T& field) {
  return field;
}
template <class T>
Value FieldValue(const std::optional<T>& field) {
  return *field;  // the caller skips defaults
}
Value FieldValue(const UuidSet& field) { return std::vector<RowRef>(field.begin(), field.end()); }
Value FieldValue(const UuidByNumber& field) { return RowByNumber(field.begin(), field.end()); }

// Decoding.

Result<> Decode(const json::value& from, bool& to) {
  if (!from.is_bool()) return Fail("{} is not true or false", Excerpt(from));
  to = from.get_bool();
  return {};
}
Result<> Decode(const json::value& from, int64_t& to) {
  if (!from.is_int64()) return Fail("{} is not an integer", Excerpt(from));
  to = from.get_int64();
  return {};
}
Result<> Decode(const json::value& from, std::string& to) {
  if (!from.is_string()) return Fail("{} is not a string", Excerpt(from));
  to = std::string_view(from.get_string());
  return {};
}
// The members of ["tag", MEMBERS] if `from` is that.
const json::value* Untagged(const json::value& from, std::string_view tag) {
  const auto* pair = from.if_array();
  if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || (*pair)[0].get_string() != tag)
    return nullptr;
  return &(*pair)[1];
}
Result<> Decode(const json::value& from, Uuid& to) {
  const json::value* text = Untagged(from, "uuid");
  if (!text || !text->is_string()) return Fail("{} is not a UUID", Excerpt(from));
  auto uuid = Uuid::Parse(text->get_string());
  if (!uuid) return tl::unexpected(uuid.error());
  to = *uuid;
  return {};
}

// A <set> is one atom, or ["set", [atom...]]. Calls `each` for every atom until one fails.
template <class Each>
Result<> ForEachAtom(const json::value& from, Each&& each) {
  const json::value* members = Untagged(from, "set");
  if (!members) return each(from);
  if (!members->is_array()) return Fail("{} is not a set", Excerpt(from));
  for (const json::value& atom : members->get_array())
    if (auto good = each(atom); !good) return good;
  return {};
}

template <class T>
Result<> Decode(const json::value& from, std::optional<T>& to) {
  to.reset();
  return ForEachAtom(from, [&](const json::value& atom) { return Decode(atom, to.emplace()); });
}

template <class T, class Less>
Result<> Decode(const json::value& from, std::set<T, Less>& to) {
  to.clear();
  return ForEachAtom(from, [&](const json::value& atom) -> Result<> {
    T element;
    if (auto good = Decode(atom, element); !good) return good;
    to.insert(std::move(element));
    return {};
  });
}

template <class Key, class T, class Less>
Result<> Decode(const json::value& from, std::map<Key, T, Less>& to) {
  to.clear();
  const json::value* pairs = Untagged(from, "map");
  if (!pairs || !pairs->is_array()) return Fail("{} is not a map", Excerpt(from));
  for (const json::value& pair : pairs->get_array()) {
    Key key{};
    T value{};
    if (!pair.is_array() || pair.get_array().size() != 2)
      return Fail("{} is not a pair of a map", Excerpt(pair));
    if (auto good = Decode(pair.get_array()[0], key); !good) return good;
    if (auto good = Decode(pair.get_array()[1], value); !good) return good;
    to.insert_or_assign(std::move(key), std::move(value));
  }
  return {};
}

// Differences.

template <class T>
void Modify(T& field, T&& news) {
  field = std::forward<T>(news);
}
template <class T, class Less>
void Modify(std::set<T, Less>& field, std::set<T, Less>&& difference) {
  for (const T& element : difference)
    if (field.erase(element) == 0) field.insert(element);
}
template <class Key, class T, class Less>
void Modify(std::map<Key, T, Less>& field, std::map<Key, T, Less>&& difference) {
  for (auto& [key, value] : difference) {
    const auto at = field.find(key);
    if (at != field.end() && at->second == value)
      field.erase(at);
    else
      field.insert_or_assign(key, std::move(value));
  }
}

// Decodes the columns of Row that `columns` has and hands them to store(field, value).
template <class Row, class Store>
Result<> DecodeColumns(Row& row, const json::object& columns, Store&& store) {
  Result<> result;
  ForEachColumn<Row>([&](const auto& column) {
    const json::value* from = columns.if_contains(column.name);
    if (!from || !result) return;
    auto value = std::decay_t<decltype(row.*column.field)>();
    if (auto good = Decode(*from, value); !good)
      result = Wrap(
          fmt::format("{} {} column {}", NameOf(Row::kTable), row.uuid.ToString(), column.name),
          good.error());
    else
      store(row.*column.field, std::move(value));
  });
  return result;
}

}  // namespace

std::string Excerpt(const json::value& value) {
  constexpr size_t kMost = 200;
  std::string text = json::serialize(value);
  if (text.size() > kMost) text.replace(kMost, text.npos, "...");
  return text;
}

json::value ToJson(const Value& value) {
  return std::visit([](const auto& one) { return Encode(one); }, value);
}

json::value ToJson(const Condition& condition) {
  return json::array{condition.column, condition.function, ToJson(condition.value)};
}

json::object ToJson(const Columns& columns) {
  json::object row;
  for (const auto& [name, value] : columns) row.emplace(name, ToJson(value));
  return row;
}

json::object ToJson(const Monitor& monitor) {
  json::object tables;
  for (const auto& [table, watch] : monitor) {
    json::array columns, where;
    for (const auto& name : watch.columns.empty() ? ColumnNames(table) : watch.columns)
      columns.emplace_back(name);
    for (const Condition& condition : watch.any_of) where.push_back(ToJson(condition));
    json::object request;
    request.emplace("columns", std::move(columns));
    if (!where.empty()) request.emplace("where", std::move(where));
    json::array requests;
    requests.emplace_back(std::move(request));
    tables.emplace(NameOf(table), std::move(requests));
  }
  return tables;
}

Result<Uuid> UuidFromJson(const json::value& from) {
  Uuid uuid;
  if (auto good = Decode(from, uuid); !good) return tl::unexpected(good.error());
  return uuid;
}

template <class Row>
Columns ToColumns(const Row& row) {
  static const Row kDefault;
  Columns columns;
  ForEachColumn<Row>([&](const auto& column) {
    if (row.*column.field != kDefault.*column.field)
      columns.emplace(column.name, FieldValue(row.*column.field));
  });
  return columns;
}

template <class Row>
Result<> SetColumns(Row& row, const json::object& columns) {
  return DecodeColumns(row, columns, [](auto& field, auto&& value) {
    field = std::forward<decltype(value)>(value);
  });
}

template <class Row>
Result<> ModifyColumns(Row& row, const json::object& columns) {
  return DecodeColumns(row, columns, [](auto& field, auto&& value) {
    Modify(field, std::forward<decltype(value)>(value));
  });
}

std::vector<std::string> ColumnNames(Table table) {
  std::vector<std::string> names;
  WithRowOf(table, [&]<class Row>() {
    ForEachColumn<Row>([&](const auto& column) { names.emplace_back(column.name); });
  });
  return names;
}

Monitor MonitorAll() {
  Monitor all;
  for (const Table table : kTables) all[table];
  return all;
}

template Columns ToColumns(const OpenVSwitch&);
template Columns ToColumns(const Bridge&);
template Columns ToColumns(const Port&);
template Columns ToColumns(const Interface&);
template Columns ToColumns(const FlowTable&);
template Result<> SetColumns(OpenVSwitch&, const json::object&);
template Result<> SetColumns(Bridge&, const json::object&);
template Result<> SetColumns(Port&, const json::object&);
template Result<> SetColumns(Interface&, const json::object&);
template Result<> SetColumns(FlowTable&, const json::object&);
template Result<> ModifyColumns(OpenVSwitch&, const json::object&);
template Result<> ModifyColumns(Bridge&, const json::object&);
template Result<> ModifyColumns(Port&, const json::object&);
template Result<> ModifyColumns(Interface&, const json::object&);
template Result<> ModifyColumns(FlowTable&, const json::object&);

}  // namespace kvs::ovsdb
