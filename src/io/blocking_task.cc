#include "io/blocking_task.h"

#include <uv.h>

#include <utility>

namespace kvs::io {

struct BlockingTask::State {
  uv_work_t request;
  std::function<void()> work, done;
  std::shared_ptr<State> self;
};

std::unique_ptr<BlockingTask> BlockingTask::Run(Loop& loop, std::function<void()> work,
                                                std::function<void()> done) {
  auto state = std::make_shared<State>();
  state->work = std::move(work);
  state->done = std::move(done);
  state->self = state;
  state->request.data = state.get();
  uv_queue_work(
      loop.native(), &state->request,
      [](uv_work_t* request) { static_cast<State*>(request->data)->work(); },
      [](uv_work_t* request, int) {
        const auto keep = std::move(static_cast<State*>(request->data)->self);
        if (const auto call = std::exchange(keep->done, nullptr)) call();
      });
  return std::unique_ptr<BlockingTask>(new BlockingTask(std::move(state)));
}

BlockingTask::~BlockingTask() { state_->done = nullptr; }

}  // namespace kvs::io
