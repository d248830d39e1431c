#pragma once

#include <boost/json/fwd.hpp>

#include "ovsdb/monitor.h"

// Conversion between OVSDB's JSON (RFC 7047, 3.2 and 5.1) and the types of schema.h and
// transaction.h.
namespace kvs::ovsdb {

boost::json::value ToJson(const Value& value);
boost::json::value ToJson(const Condition& condition);
boost::json::object ToJson(const Columns& columns);

// For messages: the text of `value`, cut if it is too long to read.
std::string Excerpt(const boost::json::value& value);

// ["uuid", TEXT]
Result<Uuid> UuidFromJson(const boost::json::value& from);

// The columns of a row that differ from the database's defaults.
template <class Row>
Columns ToColumns(const Row& row);

// The names of the table's columns in schema.h.
std::vector<std::string> ColumnNames(Table table);

// <monitor-cond-requests>
boost::json::object ToJson(const Monitor& monitor);

// Sets the fields that `columns` has; other columns are ignored.
template <class Row>
Result<> SetColumns(Row& row, const boost::json::object& columns);

// Applies a "modify" of <table-updates2> (ovsdb-server(7) 4.1.14): the new value for columns with
// at most one element, the difference from the old value for others.
template <class Row>
Result<> ModifyColumns(Row& row, const boost::json::object& columns);

// Whether <database-schema> (RFC 7047, 3.2) has all tables and columns of schema.h with the same
// types. The Error names the first that is missing or different.
Result<> CheckSchema(const boost::json::value& schema);

}  // namespace kvs::ovsdb
