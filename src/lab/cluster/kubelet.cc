#include "lab/cluster/kubelet.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "base/log.h"
#include "io/loop.h"
#include "io/signals.h"
#include "kube/folder/folder.h"
#include "lab/cluster/lab.h"

namespace kvs::lab {
namespace {

template <class T>
std::unique_ptr<kube::Subscription> Follow(kube::Source& source, io::Timer& sync) {
  const auto soon = [&sync] { sync.Start(std::chrono::milliseconds(20)); };
  return source.Watch<T>({.on_put = [soon](const T&) { soon(); },
                          .on_erase = [soon](const std::string&) { soon(); },
                          .on_synced = [] {}});
}

}  // namespace

Result<> RunKubelet(const std::string& name) {
  auto lab = Lab::Join(name);
  if (!lab) return tl::unexpected<Error>(lab.error());
  auto lock = Lock::Take((*lab)->state());
  if (!lock) return tl::unexpected<Error>(lock.error());
  if (auto self = exec::Identify(getpid())) {
    if (auto noted = (*lab)->state().Note("kubelet", *self); !noted) return noted;
  }
  io::Loop loop;
  const io::Signals stop(loop, {SIGTERM, SIGINT}, [&loop](int) { loop.Stop(); });
  io::Timer sync(loop, [&lab] {
    const auto synced = (*lab)->Sync();
    for (const auto& problem : (*lab)->problems()) log::Warning("{}", problem.ToString());
    if (!synced) log::Error("{}", synced.error().message);
  });
  auto source = kube::OpenFolder(loop, (*lab)->options().manifests);
  if (!source) return tl::unexpected<Error>(source.error());
  const auto nodes = Follow<kube::Node>(**source, sync);
  const auto pods = Follow<kube::Pod>(**source, sync);
  loop.Run();
  return {};
}

}  // namespace kvs::lab
