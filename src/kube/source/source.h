#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "base/result.h"
#include "kube/object/objects.h"
#include "kube/source/request_counts.h"

// Where Kubernetes objects come from and where ours are written: list + watch + write. There are
// two implementations: the manifest folder (folder.h) and the API server. The contract of every
// Source:
//
//  * Objects of one kind arrive in order: first all existing ones, then on_synced (once), then
//    changes. on_put is called for an object that is new or differs from the one reported before,
//    never twice for the same value.
//  * A source that fails for a while (API server away, folder unreadable) erases nothing. When it
//    works again it reports the differences, also deletions. on_synced is not repeated.
//  * A bad object is a Problem; its last good form stays ("fail static"), and a bad object that was
//    never good is absent. Problems don't delay on_synced, so a user who deletes something because
//    an object is absent must not do so while there are problems.
//  * Callbacks are never called from within Watch(), WatchProblems(), Apply() or Delete(), only
//    from the loop; and never after the Subscription or the Source is destroyed. A callback may
//    destroy its Subscription.
namespace kvs::kube {

// The Problem::object of problems with the API server, or with the connection to it.
inline constexpr char kApiServer[] = "API server";
// The Problem::object of problems with this machine.
inline constexpr char kHost[] = "Host";

struct WatchHandlers {
  std::function<void(const Object&)> on_put;
  std::function<void(const std::string& key)> on_erase;  // ObjectMeta::key()
  std::function<void()> on_synced;                       // may be empty
};

// A message for `kubectl describe` and `kubectl get events` (events.k8s.io/v1).
struct Event {
  Ref regarding;
  std::string reporter;  // the controller's name: "kvswitch.io/agent"
  std::string instance;  // which of them: the node's name
  bool warning = false;
  std::string reason;  // one word, CamelCase
  std::string note;    // a sentence
};

// Ends a watch when destroyed.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

class Source {
 public:
  using Done = std::function<void(const Result<>&)>;
  using OnProblems = std::function<void(const std::vector<Problem>&)>;

  virtual ~Source() = default;

  [[nodiscard]] virtual std::unique_ptr<Subscription> Watch(Kind kind, WatchHandlers handlers) = 0;

  // Calls with all present problems, sorted, whenever they change. An empty list: there are none
  // (any more).
  [[nodiscard]] virtual std::unique_ptr<Subscription> WatchProblems(OnProblems on_problems) = 0;

  // Server-side apply with force (KEP-555). `object` names the object and has exactly the fields
  // that `manager` wants to own. Fields of its last Apply that are missing now are given up, fields
  // of other managers stay, conditions are identified by type. Status fields go to the status
  // subresource. Only VSwitchConfigs and the network's condition of Nodes may be written.
  virtual void Apply(const Object& object, std::string_view manager, Done done) = 0;

  // Deletes the object with the fields of all managers. No error if it does not exist.
  virtual void Delete(Kind kind, const std::string& key, std::string_view manager, Done done) = 0;

  // Reports the event if the source can, without confirmation: a lost event does no harm.
  virtual void Report(const Event& event) = 0;

  // The known addresses of the API servers: a route elsewhere for one of them would disconnect the
  // source.
  virtual std::vector<Ip> ServerAddresses() const { return {}; }
  // The requests to them so far.
  virtual RequestCounts Requests() const { return {}; }

  // Watches one kind with typed values; only on_put is required:
  //   source.Watch<Node>({.on_put = [](const Node& node) {...}, ...});
  template <class T>
  struct Handlers {
    std::function<void(const T&)> on_put;
    std::function<void(const std::string& key)> on_erase;
    std::function<void()> on_synced;
  };
  template <class T>
  [[nodiscard]] std::unique_ptr<Subscription> Watch(Handlers<T> handlers) {
    return Watch(T::kKind, {.on_put = [put = std::move(handlers.on_put)](
                                          const Object& object) { put(std::get<T>(object)); },
                            .on_erase = handlers.on_erase ? std::move(handlers.on_erase)
                                                          : [](const std::string&) {},
                            .on_synced = std::move(handlers.on_synced)});
  }
};

}  // namespace kvs::kube
