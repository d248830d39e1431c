#include "ovsdb/session.h"

#include "base/log.h"
#include "io/stream.h"
#include "ovsdb/conversation.h"

namespace kvs::ovsdb {

// Outlives the Session while one of its callbacks runs; `alive` says whether to go on after one.
struct Session::State : std::enable_shared_from_this<State> {
  State(io::Loop& loop, Options options, Handlers handlers)
      : loop(loop),
        options(std::move(options)),
        handlers(std::move(handlers)),
        backoff(this->options.first_retry, this->options.last_retry),
        retry(loop, [this] { Connect(); }),
        probe(loop, [this] { Probe(); }),
        refuse(loop, [this] { Refuse(); }) {}

  void Connect();
  void OnOpen();
  void OnChecked(const Result<>& schema);
  void OnSynced(const Result<>& content);
  void OnData(std::span<const uint8_t> bytes);
  void Down(const Error& why);
  void Probe();
  void Refuse();
  void NoteStorage(const Outcome& outcome);
  void End();

  io::Loop& loop;
  Options options;
  Handlers handlers;
  io::Backoff backoff;
  io::Timer retry, probe, refuse;
  Replication replication;
  std::shared_ptr<Conversation> conversation;  // while the stream is open
  std::unique_ptr<io::Stream> stream;
  std::vector<std::pair<OnOutcome, TransactError>> refused;  // to be told in the next turn
  std::string unwritable;
  bool alive = true;
  bool up = false;
  bool heard = false;   // since the last tick of `probe`
  bool probed = false;  // at that tick
};

void Session::State::Connect() {
  heard = probed = false;
  stream =
      io::Stream::Connect(loop, options.path,
                          {.on_open = [this] { OnOpen(); },
                           .on_data = [this](std::span<const uint8_t> bytes) { OnData(bytes); },
                           .on_close = [this](const Error& reason) { Down(reason); }});
  probe.StartRepeating(options.probe_interval);
}

void Session::State::OnOpen() {
  Conversation::Events events;
  events.send = [this](std::string_view bytes) { stream->Write(bytes); };
  events.on_change = [this](const Change& change) {
    unwritable.clear();  // somebody's write was stored
    if (handlers.on_change) handlers.on_change(change);
  };
  conversation = std::make_shared<Conversation>(replication, std::move(events));
  conversation->CheckSchema([this](const Result<>& schema) { OnChecked(schema); });
}

void Session::State::OnChecked(const Result<>& schema) {
  if (!schema) return Down(schema.error());
  conversation->StartMonitor(options.monitor,
                             [this](const Result<>& content) { OnSynced(content); });
}

void Session::State::OnSynced(const Result<>& content) {
  if (!content) return Down(content.error());
  backoff.Reset();
  up = true;
  if (handlers.on_up) handlers.on_up();
}

void Session::State::OnData(std::span<const uint8_t> bytes) {
  const auto self = shared_from_this();
  const auto current = conversation;  // Down() lets go of it
  heard = true;
  const auto good = current->Receive({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!good && alive && current == conversation) Down(good.error());
}

void Session::State::Down(const Error& why) {
  const auto self = shared_from_this();
  const Error reason{fmt::format("OVSDB at {}: {}", options.path, why.message), why.code};
  up = false;
  probe.Stop();
  stream.reset();
  if (const auto ended = std::exchange(conversation, nullptr)) ended->Close(reason);
  if (alive && handlers.on_down) handlers.on_down(reason);
  if (alive) retry.Start(backoff.Next());
}

void Session::State::Probe() {
  if (!heard && probed)
    return Down({fmt::format("no answer for {} ms", 2 * options.probe_interval.count())});
  probed = !heard;
  heard = false;
  if (probed && conversation) conversation->Echo();
}

void Session::State::Refuse() {
  const auto self = shared_from_this();
  for (auto& [done, error] : std::exchange(refused, {}))
    if (alive) done(tl::unexpected(std::move(error)));
}

void Session::State::NoteStorage(const Outcome& outcome) {
  if (outcome) return unwritable.clear();
  if (outcome.error().reason != TransactError::Reason::kStorage) return;
  if (unwritable.empty()) log::Error("{}; trying again", outcome.error().message);
  unwritable = outcome.error().message;
}

void Session::State::End() {
  alive = false;
  if (conversation) conversation->Abandon();
  stream.reset();
  retry.Stop();
  probe.Stop();
  refuse.Stop();
}

Session::Session(io::Loop& loop, Options options, Handlers handlers)
    : state_(std::make_shared<State>(loop, std::move(options), std::move(handlers))) {
  state_->Connect();
}

Session::~Session() { state_->End(); }

bool Session::up() const { return state_->up; }
const Replica& Session::replica() const { return state_->replication.replica; }
const std::string& Session::unwritable() const { return state_->unwritable; }

void Session::Transact(Transaction transaction, OnOutcome done) {
  const auto refuse = [&](TransactError error) {
    state_->refused.emplace_back(std::move(done), std::move(error));
    state_->refuse.Start(std::chrono::milliseconds(0));
  };
  if (auto good = transaction.Check(); !good)
    return refuse({good.error(), TransactError::Reason::kRefused});
  if (!state_->up)
    return refuse({{fmt::format("OVSDB transaction: not connected to {}", state_->options.path)},
                   TransactError::Reason::kNotConnected});
  // Of several pending ones, one may destroy the session.
  state_->conversation->Transact(std::move(transaction),
                                 [state = state_.get(), done = std::move(done)](Outcome outcome) {
                                   state->NoteStorage(outcome);
                                   if (state->alive) done(std::move(outcome));
                                 });
}

}  // namespace kvs::ovsdb
