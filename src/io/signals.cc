#include "io/signals.h"

#include <uv.h>

namespace kvs::io {

Signals::Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal)
    : on_signal_(std::move(on_signal)) {
  for (const int signal : signals) {
    auto* handle = handles_.emplace_back(new uv_signal_t);
    uv_signal_init(loop.native(), handle);
    handle->data = &on_signal_;
    uv_signal_start(
        handle,
        [](uv_signal_t* h, int number) {
          const auto copy = *static_cast<std::function<void(int)>*>(h->data);
          copy(number);  // may destroy its Signals
        },
        signal);
    uv_unref(reinterpret_cast<uv_handle_t*>(handle));
  }
}

Signals::~Signals() {
  for (auto* handle : handles_)
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* h) { delete reinterpret_cast<uv_signal_t*>(h); });
}

}  // namespace kvs::io
