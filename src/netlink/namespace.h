#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

// An open network namespace (network_namespaces(7)): it exists at least as long as this object,
// even if its name is deleted. Entering it needs CAP_SYS_ADMIN.
namespace kvs::netlink {

class Namespace {
 public:
  // Errors: ENOENT if it does not exist; EINVAL if the path is not a namespace.
  static Result<Namespace> Open(const std::string& path);
  static Result<Namespace> Current();  // of the calling thread

  // Named namespaces as `ip netns` keeps them: bind mounts under /run/netns. Create errors: EEXIST;
  // Delete: ENOENT. A deleted namespace exists as long as it is open or a process runs in it.
  static Result<Namespace> Create(std::string_view name);
  static Result<> Delete(std::string_view name);
  static bool Exists(std::string_view name);
  static std::string Path(std::string_view name);  // "/run/netns/<name>"

  // Calls `work`, a function that returns a Result, with this thread inside the namespace, and
  // returns its result. Sockets opened and processes started by it stay in the namespace;
  // /proc/sys/net shows the namespace meanwhile. Aborts the program if the thread can't return:
  // continuing in the wrong namespace would harm the node.
  template <class Work>
  std::invoke_result_t<Work> Run(Work&& work) const {
    auto inside = Enter();
    if (!inside) return tl::unexpected<Error>(inside.error());
    return std::forward<Work>(work)();
  }

  int fd() const { return fd_.get(); }
  // Whether both are the same namespace, however it was opened.
  friend bool operator==(const Namespace& a, const Namespace& b);

 private:
  // Moves the thread back when it is destroyed.
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
