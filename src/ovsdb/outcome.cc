#include "ovsdb/outcome.h"

#include <boost/json.hpp>

#include "ovsdb/codec.h"
#include "ovsdb/columns.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

using Reason = TransactError::Reason;

std::string_view TextOf(const json::object& object, std::string_view key) {
  const json::value* text = object.if_contains(key);
  return text && text->is_string() ? std::string_view(text->get_string()) : std::string_view();
}

Reason ReasonOf(std::string_view error, std::string_view details) {
  // RFC 7047 has one error for all constraints; this is ovsdb-server's text for an index.
  if (details.find("to have identical values") != details.npos) return Reason::kDuplicate;
  if (error == "constraint violation") return Reason::kConstraint;
  if (error == "timed out") return Reason::kWaitFailed;
  if (error == "referential integrity violation") return Reason::kReference;
  if (error.starts_with("I/O error") || error == "resources exhausted") return Reason::kStorage;
  return Reason::kRefused;
}

std::string_view Explain(Reason reason) {
  switch (reason) {
    case Reason::kDuplicate:
      return "another row has this name";
    case Reason::kWaitFailed:
      return "the database is not as required";
    case Reason::kStorage:
      return "the database cannot be written; is its disk full?";
    default:
      return "the database refuses it";
  }
}

TransactError ErrorOf(const json::object& error, std::string_view what) {
  const std::string_view name = TextOf(error, "error");
  const std::string_view details = TextOf(error, "details");
  const Reason reason = ReasonOf(name, details);
  return {{fmt::format("OVSDB transaction ({}): {}: {}{}{}", what, Explain(reason), name,
                       details.empty() ? "" : ": ", details)},
          reason};
}

// The writing operations of a transaction, for an error of its commit.
std::string Summary(const std::vector<Transaction::Operation>& operations) {
  std::string text;
  for (const auto& operation : operations)
    if (!operation.selects && !operation.what.starts_with("require"))
      text += (text.empty() ? "" : ", ") + operation.what;
  return text;
}

Result<> ReadRows(const json::object& result, Table table, Replica& selected) {
  const json::value* rows = result.if_contains("rows");
  if (!rows || !rows->is_array()) return Fail("a select without rows");
  for (const json::value& columns : rows->get_array()) {
    const json::value* id =
        columns.is_object() ? columns.get_object().if_contains("_uuid") : nullptr;
    const auto uuid = id ? UuidFromJson(*id) : Fail("a selected row without _uuid");
    if (!uuid) return tl::unexpected(uuid.error());
    auto good = WithRowOf(table, [&]<class Row>() -> Result<> {
      Row row{.uuid = *uuid};
      if (auto set = SetColumns(row, columns.get_object()); !set) return set;
      selected.Of<Row>().Put(std::move(row));
      return {};
    });
    if (!good) return good;
  }
  return {};
}

Result<> ReadResult(const json::object& result, const Transaction::Operation& operation,
                    Reply& reply) {
  Uuid inserted;
  if (const json::value* id = result.if_contains("uuid")) {
    const auto uuid = UuidFromJson(*id);
    if (!uuid) return tl::unexpected(uuid.error());
    inserted = *uuid;
  }
  reply.inserted.push_back(inserted);
  if (operation.selects) return ReadRows(result, *operation.selects, reply.selected);
  return {};
}

}  // namespace

Result<Outcome> ReadOutcome(const json::object& message,
                            const std::vector<Transaction::Operation>& operations) {
  const json::value* error = message.if_contains("error");
  if (error && !error->is_null()) {
    const json::object refusal =
        error->is_object() ? error->get_object() : json::object{{"error", Excerpt(*error)}};
    return Outcome(tl::unexpected(ErrorOf(refusal, Summary(operations))));
  }
  const json::value* results = message.if_contains("result");
  if (!results || !results->is_array()) return Fail("a transaction's reply has no results");

  Reply reply;
  for (size_t i = 0; i < results->get_array().size(); ++i) {
    const json::object* result = results->get_array()[i].if_object();
    if (!result) break;  // null: not done, because of an error that stands further on
    const bool commit = i >= operations.size();
    if (result->contains("error"))
      return Outcome(
          tl::unexpected(ErrorOf(*result, commit ? Summary(operations) : operations[i].what)));
    if (commit) return Fail("a transaction's reply has too many results");
    if (auto good = ReadResult(*result, operations[i], reply); !good)
      return tl::unexpected(good.error());
  }
  if (reply.inserted.size() != operations.size())
    return Fail("a transaction's reply has too few results");
  return Outcome(std::move(reply));
}

}  // namespace kvs::ovsdb
