#include "io/stream.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <optional>

#include "base/number.h"

namespace kvs::io {
namespace {

// Before 1.46, libuv truncates a longer path, and so uses another one.
constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;

std::string TooLong(const std::string& path) {
  return fmt::format("the path of a socket has at most {} bytes: {}", kMaxPath, path);
}

// Fills the one of the two that `text` is an address of, "IP:PORT" or "[IP]:PORT".
bool ParseAddress(const std::string& text, sockaddr_in& four, sockaddr_in6& six) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return false;
  const auto port = WholeNumber<uint16_t>(std::string_view(text).substr(colon + 1));
  if (!port) return false;
  const std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    return uv_ip6_addr(host.substr(1, host.size() - 2).c_str(), *port, &six) == 0;
  return uv_ip4_addr(host.c_str(), *port, &four) == 0;
}

}  // namespace

// Shared between the Stream (the owner) and libuv's callbacks; `owned` becomes false when the owner
// is destroyed or on_close was called, and from then on no handler is called.
struct Stream::State : std::enable_shared_from_this<Stream::State> {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  };
  uv_connect_t connect;
  Handlers handlers;
  std::shared_ptr<State> self;  // keeps the handle's memory until libuv has closed it
  std::optional<Timer> refusal;
  bool owned = true;
  bool closing = false;
  std::vector<uint8_t> buffer = std::vector<uint8_t>(64 * 1024);

  State() {}
  ~State() {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Adopt() {
    self = shared_from_this();
    handle.data = this;
  }

  void Close() {
    if (closing) return;
    closing = true;
    refusal.reset();
    uv_close(&handle, [](uv_handle_t* h) { static_cast<State*>(h->data)->self.reset(); });
  }

  void Fail(std::string reason) {
    const auto keep = shared_from_this();
    Close();
    if (!owned) return;
    owned = false;
    const auto on_close = std::move(handlers.on_close);
    if (on_close) on_close(Error{std::move(reason)});
  }

  void Drained() {
    if (!owned || closing || !handlers.on_drain) return;
    if (uv_stream_get_write_queue_size(&stream) == 0) handlers.on_drain();
  }

  void Read() {
    uv_read_start(
        &stream,
        [](uv_handle_t* h, size_t, uv_buf_t* out) {
          auto* state = static_cast<State*>(h->data);
          *out = uv_buf_init(reinterpret_cast<char*>(state->buffer.data()),
                             static_cast<unsigned>(state->buffer.size()));
        },
        [](uv_stream_t* s, ssize_t n, const uv_buf_t* bytes) {
          auto* state = static_cast<State*>(s->data);
          const auto keep = state->shared_from_this();
          if (n < 0)
            return state->Fail(n == UV_EOF ? "closed by the other side"
                                           : uv_strerror(static_cast<int>(n)));
          if (n == 0 || !state->owned || !state->handlers.on_data) return;
          state->handlers.on_data(
              {reinterpret_cast<const uint8_t*>(bytes->base), static_cast<size_t>(n)});
        });
  }
};

std::unique_ptr<Stream> Stream::Connect(Loop& loop, const std::string& path, Handlers handlers) {
  auto state = std::make_shared<State>();
  uv_pipe_init(loop.native(), &state->pipe, 0);
  state->Adopt();
  state->handlers = std::move(handlers);
  if (path.size() > kMaxPath) {
    state->refusal.emplace(loop, [state = state.get(), path] { state->Fail(TooLong(path)); });
    state->refusal->Start(std::chrono::milliseconds(0));
    return std::unique_ptr<Stream>(new Stream(std::move(state)));
  }
  state->connect.data = state.get();
  uv_pipe_connect(&state->connect, &state->pipe, path.c_str(), [](uv_connect_t* c, int status) {
    auto* state = static_cast<State*>(c->data);
    const auto keep = state->shared_from_this();
    if (state->closing) return;
    if (status < 0) return state->Fail(uv_strerror(status));
    state->Read();
    if (state->owned && state->handlers.on_open) state->handlers.on_open();
  });
  return std::unique_ptr<Stream>(new Stream(std::move(state)));
}

void Stream::Serve(Handlers handlers) {
  state_->handlers = std::move(handlers);
  state_->Read();
}

Stream::~Stream() {
  state_->owned = false;
  state_->Close();
}

void Stream::Write(std::string_view bytes) {
  Write(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

void Stream::Write(std::span<const uint8_t> bytes) {
  if (state_->closing || bytes.empty()) return;
  struct Job {
    uv_write_t request;
    std::vector<uint8_t> bytes;
    std::shared_ptr<State> state;
  };
  auto* job = new Job{{}, {bytes.begin(), bytes.end()}, state_};
  job->request.data = job;
  const auto buffer = uv_buf_init(reinterpret_cast<char*>(job->bytes.data()),
                                  static_cast<unsigned>(job->bytes.size()));
  const auto done = [](uv_write_t* request, int status) {
    const std::unique_ptr<Job> owner(static_cast<Job*>(request->data));
    if (status < 0 && status != UV_ECANCELED) return owner->state->Fail(uv_strerror(status));
    owner->state->Drained();
  };
  if (const int error = uv_write(&job->request, &state_->stream, &buffer, 1, done); error < 0)
    delete job;  // the connection is broken; reading reports why
}

void Stream::Shutdown() {
  struct Job {
    uv_shutdown_t request;
    std::shared_ptr<State> state;
  };
  auto* job = new Job{{}, state_};
  job->request.data = job;
  const auto done = [](uv_shutdown_t* request, int) {
    const std::unique_ptr<Job> owner(static_cast<Job*>(request->data));
    owner->state->Fail("closed");
  };
  if (state_->closing || uv_shutdown(&job->request, &state_->stream, done) < 0) delete job;
}

size_t Stream::pending() const { return uv_stream_get_write_queue_size(&state_->stream); }

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  };
  bool unix_socket = false;
  OnAccept on_accept;
  std::shared_ptr<State> self;

  State() {}
  ~State() {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Close() {
    on_accept = nullptr;
    uv_close(&handle, [](uv_handle_t* h) { static_cast<State*>(h->data)->self.reset(); });
  }

  int Listen(OnAccept accept) {
    on_accept = std::move(accept);
    return uv_listen(&stream, 64, [](uv_stream_t* server, int status) {
      auto* state = static_cast<State*>(server->data);
      if (status < 0 || !state->on_accept) return;
      auto peer = std::make_shared<Stream::State>();
      if (state->unix_socket)
        uv_pipe_init(server->loop, &peer->pipe, 0);
      else
        uv_tcp_init(server->loop, &peer->tcp);
      peer->Adopt();
      if (uv_accept(server, &peer->stream) < 0) return peer->Close();
      const auto copy = state->on_accept;
      copy(std::unique_ptr<Stream>(new Stream(std::move(peer))));
    });
  }
};

Result<std::unique_ptr<Listener>> Listener::OnUnixSocket(Loop& loop, const std::string& path,
                                                         OnAccept on_accept) {
  if (path.size() > kMaxPath) return kvs::Fail("listen: {}", TooLong(path));
  unlink(path.c_str());  // of a killed process; a living one is the caller's to exclude
  auto state = std::make_shared<State>();
  state->unix_socket = true;
  uv_pipe_init(loop.native(), &state->pipe, 0);
  state->handle.data = state.get();
  state->self = state;
  const mode_t before = umask(0177);
  int error = uv_pipe_bind(&state->pipe, path.c_str());
  umask(before);
  if (error == 0) error = state->Listen(std::move(on_accept));
  auto listener = std::unique_ptr<Listener>(new Listener(std::move(state)));
  if (error < 0) return kvs::Fail("listen on {}: {}", path, uv_strerror(error));
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::OnTcp(Loop& loop, const std::string& address,
                                                  OnAccept on_accept) {
  union {
    sockaddr plain;
    sockaddr_in four;
    sockaddr_in6 six;
  } to;
  if (!ParseAddress(address, to.four, to.six))
    return kvs::Fail("listen on \"{}\": expected IP:PORT or [IP]:PORT", address);
  auto state = std::make_shared<State>();
  uv_tcp_init(loop.native(), &state->tcp);
  state->handle.data = state.get();
  state->self = state;
  int error = uv_tcp_bind(&state->tcp, &to.plain, 0);
  if (error == 0) error = state->Listen(std::move(on_accept));
  auto listener = std::unique_ptr<Listener>(new Listener(std::move(state)));
  if (error < 0) return kvs::Fail("listen on {}: {}", address, uv_strerror(error));
  return listener;
}

Listener::~Listener() { state_->Close(); }

}  // namespace kvs::io
