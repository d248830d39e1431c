#include "io/process.h"

#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <array>

namespace kvs::io {

// Shared by the owner and libuv. Three handles have to be closed before the memory goes; `self` is
// held until then.
struct Process::State : std::enable_shared_from_this<Process::State> {
  uv_process_t process;
  uv_pipe_t in, out;
  uv_write_t write;
  std::string input;
  Outcome outcome;
  OnExit on_exit;
  std::shared_ptr<State> self;
  int open = 2;  // handles: the pipes, and the process when libuv knows it
  bool known = false;
  int waiting = 2;  // for the end of the process and of its output
  bool running = false;
  std::array<char, 16 * 1024> buffer;

  void Close(uv_handle_t* handle) {
    if (uv_is_closing(handle)) return;
    uv_close(handle, [](uv_handle_t* h) {
      auto* state = static_cast<State*>(h->data);
      if (--state->open == 0) state->self.reset();
    });
  }

  void CloseAll() {
    if (known) Close(reinterpret_cast<uv_handle_t*>(&process));
    Close(reinterpret_cast<uv_handle_t*>(&in));
    Close(reinterpret_cast<uv_handle_t*>(&out));
  }

  void Done() {
    if (waiting == 0 || --waiting > 0) return;
    const auto keep = shared_from_this();
    CloseAll();
    if (const auto call = std::exchange(on_exit, nullptr)) call(std::move(outcome));
  }

  void Read() {
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&out),
        [](uv_handle_t* h, size_t, uv_buf_t* to) {
          auto& buffer = static_cast<State*>(h->data)->buffer;
          *to = uv_buf_init(buffer.data(), buffer.size());
        },
        [](uv_stream_t* stream, ssize_t n, const uv_buf_t* bytes) {
          auto* state = static_cast<State*>(stream->data);
          if (n < 0) {
            uv_read_stop(stream);
            return state->Done();
          }
          if (state->outcome.output.size() < (1u << 20))
            state->outcome.output.append(bytes->base, static_cast<size_t>(n));
        });
  }

  void Feed() {
    const auto bytes = uv_buf_init(input.data(), static_cast<unsigned>(input.size()));
    write.data = this;
    uv_write(&write, reinterpret_cast<uv_stream_t*>(&in), &bytes, 1, [](uv_write_t* w, int) {
      auto* state = static_cast<State*>(w->data);
      state->Close(reinterpret_cast<uv_handle_t*>(&state->in));
    });
  }
};

std::unique_ptr<Process> Process::Run(Loop& loop, std::vector<std::string> argv, std::string input,
                                      OnExit on_exit) {
  auto state = std::make_shared<State>();
  state->self = state;
  state->input = std::move(input);
  state->on_exit = std::move(on_exit);
  uv_pipe_init(loop.native(), &state->in, 0);
  uv_pipe_init(loop.native(), &state->out, 0);
  state->in.data = state->out.data = state->process.data = state.get();

  std::array<uv_file, 2> ends{-1, -1};  // one pipe for both outputs
  int error = uv_pipe(ends.data(), UV_NONBLOCK_PIPE, 0);
  if (error == 0) error = uv_pipe_open(&state->out, ends[0]);
  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_READABLE_PIPE);
  stdio[0].data.stream = reinterpret_cast<uv_stream_t*>(&state->in);
  stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
  stdio[1].data.fd = stdio[2].data.fd = ends[1];
  std::vector<char*> args;
  args.reserve(argv.size() + 1);
  for (std::string& arg : argv) args.push_back(arg.data());
  args.push_back(nullptr);
  uv_process_options_t options{};
  options.file = args[0];
  options.args = args.data();
  options.stdio = stdio.data();
  options.stdio_count = stdio.size();
  options.exit_cb = [](uv_process_t* process, int64_t status, int signal) {
    auto* ended = static_cast<State*>(process->data);
    ended->running = false;
    ended->outcome.exit_code = signal != 0 ? 128 + signal : static_cast<int>(status);
    ended->Done();
  };
  if (error == 0) {
    state->known = true;  // however uv_spawn ends
    ++state->open;
    error = uv_spawn(loop.native(), &state->process, &options);
  }
  if (ends[1] >= 0) close(ends[1]);
  if (error == 0) {
    state->running = true;
    state->Read();
    state->Feed();
    return std::unique_ptr<Process>(new Process(std::move(state)));
  }
  // Reported in the next turn, by the closing of the handles.
  state->outcome = {127, fmt::format("start {}: {}", argv[0], uv_strerror(error))};
  auto* timer = new uv_timer_t;
  uv_timer_init(loop.native(), timer);
  timer->data = new std::shared_ptr<State>(state);
  uv_timer_start(
      timer,
      [](uv_timer_t* t) {
        const std::unique_ptr<std::shared_ptr<State>> failed(
            static_cast<std::shared_ptr<State>*>(t->data));
        uv_close(reinterpret_cast<uv_handle_t*>(t),
                 [](uv_handle_t* h) { delete reinterpret_cast<uv_timer_t*>(h); });
        (*failed)->waiting = 1;
        (*failed)->Done();
      },
      0, 0);
  return std::unique_ptr<Process>(new Process(std::move(state)));
}

Process::~Process() {
  state_->on_exit = nullptr;
  if (state_->waiting == 0) return;
  if (state_->running) uv_process_kill(&state_->process, SIGKILL);
  state_->waiting = 0;
  state_->CloseAll();
}

}  // namespace kvs::io
