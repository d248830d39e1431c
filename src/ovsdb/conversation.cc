#include "ovsdb/conversation.h"

#include <boost/json.hpp>

#include "ovsdb/codec.h"
#include "ovsdb/outcome.h"
#include "ovsdb/update.h"

namespace kvs::ovsdb {
namespace json = boost::json;
namespace {

constexpr std::string_view kDatabase = "Open_vSwitch";

json::parse_options Options() {
  json::parse_options options;
  options.max_depth = Framer::kMaxDepth;
  return options;
}

// The reply's "result", or its "error" as an Error.
Result<const json::value*> ResultOf(const json::object& reply) {
  const json::value* error = reply.if_contains("error");
  if (error && !error->is_null())
    return Fail("ovsdb-server refuses a request: {}", Excerpt(*error));
  const json::value* result = reply.if_contains("result");
  if (!result) return Fail("ovsdb-server sent a reply without a result");
  return result;
}

}  // namespace

Conversation::Conversation(Replication& replication, Events events)
    : replication_(replication), events_(std::move(events)) {}

void Conversation::Request(std::string_view method, std::string_view params, Answer answer) {
  const int64_t id = next_id_++;
  answers_.emplace(id, std::move(answer));
  events_.send(fmt::format(R"({{"id":{},"method":"{}","params":{}}})", id, method, params));
}

void Conversation::CheckSchema(Done done) {
  Request("get_schema", R"(["Open_vSwitch"])",
          [done = std::move(done)](const json::object& reply) -> Result<> {
            const auto schema = ResultOf(reply);
            done(schema ? ovsdb::CheckSchema(**schema) : tl::unexpected(schema.error()));
            return {};
          });
}

void Conversation::StartMonitor(const Monitor& monitor, Done done) {
  std::set<Table> tables;
  for (const auto& [table, watch] : monitor) tables.insert(table);
  const bool first = monitors_++ == 0;  // only then is the replica what that transaction left
  json::array params;
  params.emplace_back(kDatabase);
  params.emplace_back(monitors_);
  params.emplace_back(ToJson(monitor));
  params.emplace_back((first ? replication_.last_transaction : Uuid()).ToString());
  Request("monitor_cond_since", json::serialize(params),
          [this, tables, done = std::move(done)](const json::object& reply) -> Result<> {
            const auto result = ResultOf(reply);
            if (!result) {
              done(tl::unexpected(result.error()));
              return {};
            }
            if (auto good = OnContent(tables, **result); !good) return good;
            if (!closed_) done({});
            return {};
          });
}

void Conversation::Transact(Transaction transaction, OnOutcome done) {
  std::string params = R"(["Open_vSwitch")";
  for (const auto& operation : transaction.operations()) (params += ',') += operation.json;
  params += ']';
  const auto id = static_cast<int64_t>(next_id_);
  outcomes_.emplace(id, std::move(done));
  Request("transact", params,
          [this, id, transaction = std::move(transaction)](const json::object& reply) -> Result<> {
            auto outcome = ReadOutcome(reply, transaction.operations());
            if (!outcome) return tl::unexpected(outcome.error());  // Close() tells the caller
            const auto caller = outcomes_.extract(id);
            caller.mapped()(std::move(*outcome));
            return {};
          });
}

void Conversation::Echo() {
  Request("echo", "[]", [](const json::object&) -> Result<> { return {}; });
}

Result<> Conversation::Receive(std::string_view bytes) {
  framer_.Append(bytes);
  while (!closed_) {
    const auto message = framer_.Next();
    if (!message) return tl::unexpected(message.error());
    if (!*message) break;
    if (auto good = Dispatch(**message); !good) return good;
  }
  return {};
}

Result<> Conversation::Dispatch(std::string_view text) {
  boost::system::error_code error;
  json::monotonic_resource memory;
  const json::value message = json::parse(text, error, &memory, Options());
  if (error) return Fail("ovsdb-server sent bad JSON: {}", error.message());
  const json::object& object = message.get_object();  // the framer has seen its brace
  return object.contains("method") ? OnRequest(object) : OnReply(object);
}

Result<> Conversation::OnRequest(const json::object& message) {
  const json::value& method = message.at("method");
  const json::value* params = message.if_contains("params");
  const json::value* id = message.if_contains("id");
  if (!params) return Fail("ovsdb-server sent a request without params");
  if (method == "update3") return OnUpdate(*params);
  if (method == "monitor_canceled")
    return Fail("ovsdb-server canceled the monitor: the database is being converted or removed");
  if (!id || id->is_null()) return {};  // another notification
  if (method == "echo")
    events_.send(fmt::format(R"({{"id":{},"result":{},"error":null}})", json::serialize(*id),
                             json::serialize(*params)));
  else
    events_.send(
        fmt::format(R"({{"id":{},"result":null,"error":"unknown method"}})", json::serialize(*id)));
  return {};
}

Result<> Conversation::OnReply(const json::object& message) {
  const json::value* id = message.if_contains("id");
  auto answer =
      id && id->is_int64() ? answers_.extract(id->get_int64()) : decltype(answers_)::node_type();
  if (!answer) return Fail("ovsdb-server sent a reply without a request");
  return answer.mapped()(message);
}

// [monitor, last transaction, <table-updates2>]
Result<> Conversation::OnUpdate(const json::value& params) {
  const json::array* parts = params.if_array();
  if (!parts || parts->size() != 3 || !(*parts)[1].is_string())
    return Fail("ovsdb-server sent a malformed update");
  const auto last = Uuid::Parse((*parts)[1].get_string());
  if (!last) return tl::unexpected(last.error());
  return Apply(*last, ApplyUpdates(replication_.replica, (*parts)[2]));
}

// [found, last transaction, <table-updates2>]
Result<> Conversation::OnContent(const std::set<Table>& tables, const json::value& result) {
  const json::array* parts = result.if_array();
  if (!parts || parts->size() != 3 || !(*parts)[0].is_bool() || !(*parts)[1].is_string())
    return Fail("ovsdb-server sent a malformed answer to a monitor");
  const auto last = Uuid::Parse((*parts)[1].get_string());
  if (!last) return tl::unexpected(last.error());
  const bool resumed = (*parts)[0].get_bool();
  return Apply(*last, resumed ? ApplyUpdates(replication_.replica, (*parts)[2])
                              : ReplaceContent(replication_.replica, tables, (*parts)[2]));
}

Result<> Conversation::Apply(const Uuid& last, const Result<Change>& change) {
  // After an update that does not fit, the next connection must not resume from this state.
  replication_.last_transaction = change ? last : Uuid();
  if (!change) return Wrap("update from ovsdb-server", change.error());
  if (!change->empty() && events_.on_change) events_.on_change(*change);
  return {};
}

void Conversation::Close(const Error& reason) {
  Abandon();
  const auto outcomes = std::exchange(outcomes_, {});
  for (const auto& [id, done] : outcomes)
    done(tl::unexpected(TransactError{
        {"OVSDB transaction: the connection broke before the reply, the outcome is unknown: " +
         reason.message},
        TransactError::Reason::kUnknownOutcome}));
}

void Conversation::Abandon() {
  closed_ = true;
  answers_.clear();
}

}  // namespace kvs::ovsdb
