#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/loop.h"

struct uv_stream_s;

namespace kvs::io {

// A connected (or connecting) byte stream: a Unix socket or TCP. Data may be written at once, also
// before the connection is up; it is queued. When the peer closes or an error happens, on_close is
// called once with the reason; no handler is called after that.
class Stream {
 public:
  struct Handlers {
    std::function<void()> on_open;                          // not called for accepted streams
    std::function<void(std::span<const uint8_t>)> on_data;  // bytes live only during the call
    std::function<void(const Error&)> on_close;
    std::function<void()> on_drain;  // pending() is zero again: everything written has been taken
  };

  // Connects to the Unix socket `path`. on_close reports a failure, never before this returns.
  static std::unique_ptr<Stream> Connect(Loop& loop, const std::string& path, Handlers handlers);

  // Sets the handlers of an accepted stream and starts reading.
  void Serve(Handlers handlers);

  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void Write(std::string_view bytes);
  void Write(std::span<const uint8_t> bytes);
  // Closes the stream once everything written so far is sent; on_close is called.
  void Shutdown();
  // Bytes written but not yet accepted by the kernel.
  size_t pending() const;

 private:
  friend class Listener;
  struct State;
  explicit Stream(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

// Accepts streams. The Unix socket's file is created with mode 0600 and removed when the listener
// is destroyed.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<Stream>)>;  // then call Stream::Serve

  static Result<std::unique_ptr<Listener>> OnUnixSocket(Loop& loop, const std::string& path,
                                                        OnAccept on_accept);
  // `address` is "IP:PORT" or "[IP]:PORT".
  static Result<std::unique_ptr<Listener>> OnTcp(Loop& loop, const std::string& address,
                                                 OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace kvs::io
