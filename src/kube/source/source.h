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

// Where Kubernetes objects come from and where ours are written: list + watch + write. Two
// implementations: the manifest folder (folder.h), and the API server. Every source obeys:
//
//  * Objects of one kind arrive in order: first all there are, then on_synced (once), then changes.
//    on_put is called for an object that is new or differs from what was told before, never twice
//    for the same value.
//  * A source that breaks for a while (API server away, folder unreadable) erases nothing, and once
//    it is back tells the difference, deletions too. on_synced is not repeated.
//  * A bad object is a Problem; the last good one stays ("fail static"), and a bad object never
//  seen
//    good is absent. Problems don't hold on_synced back, so who deletes something because an object
//    is absent must hold that while there are problems.
//  * Nothing is called from within Watch(), WatchProblems(), Apply() or Delete(), only from the
//    loop; and nothing once the Subscription or the Source is destroyed. A callback may destroy its
//    Subscription.
namespace kvs::kube {

// The Problem::object of what is wrong with the API server, or with the way to it.
inline constexpr char kApiServer[] = "API server";
// ... and of what is wrong with this machine.
inline constexpr char kHost[] = "Host";

struct WatchHandlers {
  std::function<void(const Object&)> on_put;
  std::function<void(const std::string& key)> on_erase;  // ObjectMeta::key()
  std::function<void()> on_synced;                       // may be empty
};

// What people should notice in `kubectl describe` and `kubectl get events` (events.k8s.io/v1).
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

  // Tells all that is wrong at present, sorted, whenever that changes. An empty list: all is well
  // (again).
  [[nodiscard]] virtual std::unique_ptr<Subscription> WatchProblems(OnProblems on_problems) = 0;

  // Server-side apply with force (KEP-555): `object` names the object and has exactly the fields
  // that `manager` wants to own; fields of its last Apply that are missing now are given up,
  // fields of others stay, conditions are told apart by type. Status fields go to the status
  // subresource. Only VSwitchConfigs and the network's condition of Nodes are ours to write.
  virtual void Apply(const Object& object, std::string_view manager, Done done) = 0;

  // Deletes the object with everybody's fields. No error if it isn't there.
  virtual void Delete(Kind kind, const std::string& key, std::string_view manager, Done done) = 0;

  // Tells it where the source can, and forgets it: an event that is lost costs nothing.
  virtual void Report(const Event& event) = 0;

  // Of those who answer, as far as they are known: what leads elsewhere would cut the source off.
  virtual std::vector<Ip> ServerAddresses() const { return {}; }
  // What was asked of them so far.
  virtual RequestCounts Requests() const { return {}; }

  // Watches one kind with typed values; only on_put must be given:
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
