#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "ovsdb/schema.h"

// An OVSDB transaction (RFC 7047, 5.2): either all of its operations happen, or none. The general
// operations come first, then those specific to k-vswitch.
namespace kvs::ovsdb {

// A row: an existing one, or one that the same transaction inserts (a "named-uuid").
struct RowRef {
  RowRef(Uuid existing) : uuid(existing) {}  // NOLINT(google-explicit-constructor): a Uuid is one
  explicit RowRef(size_t insert) : operation(insert) {}

  Uuid uuid;                        // if it exists
  std::optional<size_t> operation;  // number of the operation that inserts it
};

// A column's value. An empty StringSet is also the empty value of an optional column of any type.
using RowByNumber = std::map<int64_t, RowRef>;
using Value = std::variant<bool, int64_t, std::string, RowRef, StringSet, std::vector<RowRef>,
                           StringMap, RowByNumber>;
using Columns = std::map<std::string, Value>;

// RFC 7047 5.1 <condition>; `function` is "==", "!=", "includes" or "excludes".
struct Condition {
  std::string column;
  std::string function;
  Value value;

  static Condition Is(const Uuid& uuid) { return {"_uuid", "==", RowRef(uuid)}; }
  static Condition Named(std::string name) { return {"name", "==", std::move(name)}; }
};

class Transaction {
 public:
  // Written to the database's log: which program made the change, and why.
  void Comment(std::string_view text);
  RowRef Insert(Table table, const Columns& columns);
  void Update(Table table, const Uuid& row, const Columns& columns);
  void Delete(Table table, const Uuid& row);
  // Inserts elements into, or removes them from, a set or map column. For a map, InsertInto leaves
  // existing keys unchanged, and EraseFrom takes a StringSet of keys.
  void InsertInto(Table table, const Uuid& row, const std::string& column, const Value& elements);
  void EraseFrom(Table table, const Uuid& row, const std::string& column, const Value& elements);
  // Reads rows that meet all conditions, into Reply::selected. Empty `columns`: all of schema.h.
  void Select(Table table, const std::vector<Condition>& all_of,
              const std::vector<std::string>& columns = {});

  // Makes the transaction fail with kWaitFailed unless the row exists / the row has these values /
  // no row meets all conditions. Without this, deleting or changing a row that does not exist is no
  // error.
  void RequireRow(Table table, const Uuid& row);
  void RequireValues(Table table, const Uuid& row, const Columns& columns);
  void RequireNone(Table table, const std::vector<Condition>& all_of);

  // A Port with its one Interface, in an existing bridge. The rows' uuids and port.interfaces are
  // ignored; fields with default values are left to the database. Returns the Interface.
  RowRef InsertPort(const Uuid& bridge, const Port& port, const Interface& interface);
  // The database deletes the port's interfaces with it. No error if the port does not exist.
  void DeletePort(const Uuid& bridge, const Uuid& port);
  // A Bridge with its LOCAL port and interface, which must have the bridge's name and type
  // "internal"; bridge.ports is ignored. `flow_tables` are rows of this transaction. Returns the
  // Bridge.
  RowRef InsertBridge(const Uuid& root, const Bridge& bridge, const Interface& local,
                      const RowByNumber& flow_tables = {});
  void DeleteBridge(const Uuid& root, const Uuid& bridge);
  // Sets these keys and leaves others unchanged. The row must exist.
  void SetExternalIds(Table table, const Uuid& row, const StringMap& ids);
  void SetOtherConfig(Table table, const Uuid& row, const StringMap& config);
  void RemoveExternalIds(Table table, const Uuid& row, const StringSet& keys);
  void RemoveOtherConfig(Table table, const Uuid& row, const StringSet& keys);
  // Requests that ovs-vswitchd sets OpenVSwitch::cur_cfg to the new next_cfg when it has applied
  // everything up to this transaction.
  void IncrementNextCfg(const Uuid& root);

  // Whether OVSDB can accept it: texts must be UTF-8 without NUL, else the server would close the
  // connection without giving a reason.
  Result<> Check() const;

  struct Operation {
    std::string json;
    std::string what;  // for messages: insert Port kv3
    std::optional<Table> selects;
  };
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  void Add(std::string json, std::string what, std::optional<Table> selects = std::nullopt);
  void SetKeys(Table table, const Uuid& row, const std::string& column, const StringMap& entries);

  std::vector<Operation> operations_;
};

// The result of a transaction.
struct Reply {
  // The uuid of a row that it inserted (or of the existing row that `row` names).
  Uuid IdOf(const RowRef& row) const;

  Replica selected;            // what its Selects found
  std::vector<Uuid> inserted;  // by operation; zero where the operation is no insert
};

// Why a transaction did not happen: a reason for the program and a sentence for a person.
struct TransactError : Error {
  enum class Reason {
    kDuplicate,       // a unique index: another row has this name
    kWaitFailed,      // a Require... does not hold
    kConstraint,      // another constraint of the schema
    kReference,       // a reference to a row that does not exist
    kStorage,         // the server cannot write: disk full, I/O error
    kRefused,         // anything else that the server found wrong
    kNotConnected,    // never sent
    kUnknownOutcome,  // sent, but the connection broke before the reply: it may have happened
    kDeadline,        // sent, but no reply in time: it may have happened
  };
  Reason reason = Reason::kRefused;
};
using Outcome = tl::expected<Reply, TransactError>;

}  // namespace kvs::ovsdb
