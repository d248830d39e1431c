#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

// A network namespace (network_namespaces(7)), held open: it lives at least as long as this object,
// even when its name is gone. Needs CAP_SYS_ADMIN to enter.
namespace kvs::netlink {

class Namespace {
 public:
  // Errors: ENOENT if it is gone; EINVAL if the path is something else than a namespace.
  static Result<Namespace> Open(const std::string& path);
  static Result<Namespace> Current();  // of the calling thread

  // Named namespaces as `ip netns` keeps them, bind mounts under /run/netns. Create errors: EEXIST;
  // Delete: ENOENT. Who holds it open, or runs in it, keeps a deleted namespace alive.
  static Result<Namespace> Create(std::string_view name);
  static Result<> Delete(std::string_view name);
  static bool Exists(std::string_view name);
  static std::string Path(std::string_view name);  // "/run/netns/<name>"

  // Calls `work`, a function that returns a Result, with this thread inside the namespace, and
  // returns what it returned. Sockets opened and processes started by it stay inside; /proc/sys/net
  // shows the namespace meanwhile. Aborts the program if there is no way back: going on in the
  // wrong namespace would harm the node.
  template <class Work>
  std::invoke_result_t<Work> Run(Work&& work) const {
    auto inside = Enter();
    if (!inside) return tl::unexpected<Error>(inside.error());
    return std::forward<Work>(work)();
  }

  int fd() const { return fd_.get(); }
  // Same namespace, however it was reached.
  friend bool operator==(const Namespace& a, const Namespace& b);

 private:
  // Brings the thread back when it dies.
  class Visit {
   public:
    explicit Visit(Fd home) : home_(std::move(home)) {}
    Visit(Visit&&) = default;
    ~Visit();

   private:
    Fd home_;
  };

  explicit Namespace(Fd fd) : fd_(std::move(fd)) {}
  Result<Visit> Enter() const;

  Fd fd_;
};

}  // namespace kvs::netlink
