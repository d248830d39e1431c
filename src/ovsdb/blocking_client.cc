#include "ovsdb/blocking_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ovsdb/conversation.h"

namespace kvs::ovsdb {
namespace {

using Clock = std::chrono::steady_clock;
using Reason = TransactError::Reason;

// Waits for `events`, at most until the deadline; returns those that occurred.
short Poll(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd wait{fd, events, 0};
  const int most = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  return poll(&wait, 1, most) > 0 ? wait.revents : 0;
}

Outcome Failed(Reason reason, const std::string& message) {
  return tl::unexpected(TransactError{{"OVSDB transaction: " + message}, reason});
}

}  // namespace

struct BlockingClient::State {
  explicit State(int fd)
      : fd(fd),
        conversation(replication, {[this](std::string_view bytes) { unsent += bytes; }, {}}) {}
  ~State() { close(fd); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Sends and receives until `done` is true.
  Result<> Run(const std::function<bool()>& done, Deadline deadline);
  Result<> Flush(Deadline deadline);
  Result<> Send();
  Result<> Receive();
  void Break(const Error& reason) {
    broken = reason;
    conversation.Close(reason);
  }

  int fd;
  Replication replication;
  std::string unsent;
  std::optional<Error> broken;
  size_t unsynced = 0;  // monitors without content
  std::map<RequestId, std::optional<Outcome>> outcomes;
  RequestId next_id = 1;
  Conversation conversation;
};

Result<> BlockingClient::State::Send() {
  while (!unsent.empty()) {
    const ssize_t n = send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return FailErrno(errno, "send to ovsdb-server");
    unsent.erase(0, static_cast<size_t>(n));
  }
  return {};
}

Result<> BlockingClient::State::Receive() {
  char buffer[64 * 1024];
  const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (n < 0) return FailErrno(errno, "receive from ovsdb-server");
  if (n == 0) return Fail("ovsdb-server closed the connection");
  return conversation.Receive({buffer, static_cast<size_t>(n)});
}

Result<> BlockingClient::State::Run(const std::function<bool()>& done, Deadline deadline) {
  while (!broken) {
    if (auto sent = Send(); !sent) {
      Break(sent.error());
      break;
    }
    if (done()) return {};
    if (Clock::now() >= deadline) return Fail("ovsdb-server: no answer before the deadline");
    const short events = Poll(fd, unsent.empty() ? POLLIN : POLLIN | POLLOUT, deadline);
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    if (auto received = Receive(); !received) Break(received.error());
  }
  if (done()) return {};
  return tl::unexpected(*broken);
}

// A request that could not be sent completely must never be sent later, because the caller was told
// that it was not sent.
Result<> BlockingClient::State::Flush(Deadline deadline) {
  auto sent = Run([this] { return unsent.empty(); }, deadline);
  if (!sent && !broken) Break(sent.error());
  return sent;
}

Result<std::unique_ptr<BlockingClient>> BlockingClient::Connect(const std::string& path,
                                                                Deadline deadline) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.size() >= sizeof address.sun_path)
    return Fail("connect to {}: the path of a socket has at most {} bytes", path,
                sizeof address.sun_path - 1);
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return FailErrno(errno, "make a socket");
  auto state = std::make_unique<State>(fd);
  // EAGAIN: the server's queue of connections is full, which can't be polled.
  while (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN || Clock::now() >= deadline)
      return FailErrno(errno, "connect to {} (is ovsdb-server running?)", path);
    usleep(1000);
  }
  return std::unique_ptr<BlockingClient>(new BlockingClient(std::move(state)));
}

BlockingClient::BlockingClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlockingClient::~BlockingClient() = default;

Outcome BlockingClient::Transact(Transaction transaction, Deadline deadline) {
  if (auto good = transaction.Check(); !good) return Failed(Reason::kRefused, good.error().message);
  const auto request = SendTransact(std::move(transaction), deadline);
  if (!request) return Failed(Reason::kNotConnected, request.error().message);
  return Receive(*request, deadline);
}

Result<BlockingClient::RequestId> BlockingClient::SendTransact(Transaction transaction,
                                                               Deadline deadline) {
  if (auto good = transaction.Check(); !good) return tl::unexpected(good.error());
  if (state_->broken) return tl::unexpected(*state_->broken);
  const RequestId id = state_->next_id++;
  state_->outcomes.emplace(id, std::nullopt);
  state_->conversation.Transact(
      std::move(transaction),
      [state = state_.get(), id](Outcome outcome) { state->outcomes[id] = std::move(outcome); });
  if (auto sent = state_->Flush(deadline); !sent) return tl::unexpected(sent.error());
  return id;
}

Outcome BlockingClient::Receive(RequestId request, Deadline deadline) {
  const auto at = state_->outcomes.find(request);
  if (at == state_->outcomes.end()) return Failed(Reason::kRefused, "received twice");
  auto answered = state_->Run([&] { return at->second.has_value(); }, deadline);
  if (!answered) return Failed(Reason::kDeadline, answered.error().message);
  Outcome outcome = std::move(*at->second);
  state_->outcomes.erase(at);
  return outcome;
}

Result<> BlockingClient::StartMonitor(const Monitor& monitor, Deadline deadline) {
  if (state_->broken) return tl::unexpected(*state_->broken);
  ++state_->unsynced;
  state_->conversation.StartMonitor(monitor, [state = state_.get()](const Result<>& synced) {
    --state->unsynced;
    if (!synced) state->Break(synced.error());
  });
  return state_->Flush(deadline);
}

bool BlockingClient::synced() const { return state_->unsynced == 0; }
const Replica& BlockingClient::replica() const { return state_->replication.replica; }

Result<> BlockingClient::WaitUntil(const std::function<bool(const Replica&)>& done,
                                   Deadline deadline) {
  return state_->Run([&] { return synced() && done(replica()); }, deadline);
}

}  // namespace kvs::ovsdb
