#include <boost/json.hpp>

#include "ovsdb/codec.h"
#include "ovsdb/columns.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

// The parts of a column's <type> that matter for decoding it.
struct Shape {
  std::string key, value;  // base types; "" if it is no map
  enum class Size { kOne, kOptional, kMany } size = Size::kOne;

  std::string ToString() const {
    std::string text = value.empty() ? key : "map of " + key + " to " + value;
    if (size == Size::kOptional) text = "optional " + text;
    if (size == Size::kMany && value.empty()) text = "set of " + text;
    return text;
  }
  friend bool operator==(const Shape&, const Shape&) = default;
};

Shape ShapeOf(const bool&) { return {"boolean"}; }
Shape ShapeOf(const int64_t&) { return {"integer"}; }
Shape ShapeOf(const std::string&) { return {"string"}; }
Shape ShapeOf(const Uuid&) { return {"uuid"}; }
Shape ShapeOf(const StringMap&) { return {"string", "string", Shape::Size::kMany}; }
Shape ShapeOf(const UuidByNumber&) { return {"integer", "uuid", Shape::Size::kMany}; }
template <class T>
Shape ShapeOf(const std::optional<T>&) {
  return {ShapeOf(T()).key, "", Shape::Size::kOptional};
}
template <class T, class Less>
Shape ShapeOf(const std::set<T, Less>&) {
  return {ShapeOf(T()).key, "", Shape::Size::kMany};
}

const json::value* Find(const json::value* in, std::string_view key) {
  return in && in->is_object() ? in->get_object().if_contains(key) : nullptr;
}

// <base-type>: "string", or {"type": "string", ...}
std::string BaseType(const json::value* type) {
  if (const json::value* inner = Find(type, "type")) type = inner;
  return type && type->is_string() ? std::string(std::string_view(type->get_string())) : "";
}

// <type>: a <base-type>, or {"key":, "value":, "min":, "max":} (RFC 7047, 3.2)
Shape ShapeOf(const json::value* type) {
  if (!Find(type, "key")) return {BaseType(type)};
  Shape shape{BaseType(Find(type, "key")), BaseType(Find(type, "value"))};
  const json::value* min = Find(type, "min");
  const json::value* max = Find(type, "max");
  if (max && (!max->is_int64() || max->get_int64() > 1))
    shape.size = Shape::Size::kMany;
  else if (min && min->is_int64() && min->get_int64() == 0)
    shape.size = Shape::Size::kOptional;
  return shape;
}

template <class Row>
Result<> CheckTable(const json::value* columns) {
  constexpr auto kRemedy = "Open vSwitch 3.1 or later is needed";
  if (!columns)
    return Fail("database Open_vSwitch has no table {}; {}", NameOf(Row::kTable), kRemedy);
  Result<> result;
  ForEachColumn<Row>([&](const auto& column) {
    if (!result) return;
    const Shape wanted = ShapeOf(Row().*column.field);
    const json::value* found = Find(columns, column.name);
    if (!found)
      result = Fail("database Open_vSwitch, table {}: there is no column {}; {}",
                    NameOf(Row::kTable), column.name, kRemedy);
    else if (const Shape is = ShapeOf(Find(found, "type")); is != wanted)
      result = Fail("database Open_vSwitch, table {}, column {}: its type is {}, not {}; {}",
                    NameOf(Row::kTable), column.name, is.ToString(), wanted.ToString(), kRemedy);
  });
  return result;
}

}  // namespace

Result<> CheckSchema(const json::value& schema) {
  for (const Table table : kTables) {
    const json::value* columns = Find(Find(Find(&schema, "tables"), NameOf(table)), "columns");
    auto good = WithRowOf(table, [&]<class Row>() { return CheckTable<Row>(columns); });
    if (!good) return good;
  }
  return {};
}

}  // namespace kvs::ovsdb
