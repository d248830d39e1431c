#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/blocking_task.h"
#include "kube/api/reflector.h"
#include "kube/codec/manifest.h"
#include "kube/source/source.h"

namespace kvs::kube {

// Where in `folder` the objects of a kind are kept.
std::string ObjectsFile(const std::string& folder, Kind kind);

// The objects of one kind on the API server, as last known, and who watches them. With a folder
// they are also kept in a file there: when the server doesn't answer at first, what was known
// before is told instead, so that a program that is restarted while the server is away goes on with
// it.
class ObjectCache {
 public:
  // `on_change` is called when problems() may have changed. `folder` may be empty.
  ObjectCache(io::Loop& loop, ApiClient& client, Kind kind, const Scope& scope,
              const Timeouts& timeouts, std::string folder, std::function<void()> on_change);
  ObjectCache(const ObjectCache&) = delete;
  ObjectCache& operator=(const ObjectCache&) = delete;

  std::unique_ptr<Subscription> Watch(WatchHandlers handlers);

  // What is wrong with objects, and why none come.
  std::vector<Problem> Problems() const;

 private:
  struct Watcher {
    WatchHandlers handlers;
    bool alive = true;
    bool told = false;  // the whole list, and on_synced
  };

  void TakeList(std::vector<Decoded> list);
  void TakeEvent(WatchEvent event);
  void TakeTrouble(const std::string& trouble);
  void Put(Object object);
  void Erase(const std::string& key);
  void Report(const std::string& key, std::vector<Problem> problems);
  void TellNew();
  void Tell(const std::function<void(Watcher&)>& call);
  void Save();
  Result<Manifest> Saved() const;
  void Remember();

  Kind kind_;
  std::string folder_;
  std::function<void()> on_change_;
  io::Timer tell_, save_;
  bool synced_ = false;
  std::map<std::string, Object> objects_;                 // by key
  std::map<std::string, std::vector<Problem>> problems_;  // by key
  std::string trouble_;
  std::string remembered_;  // from when the facts are, if they are only remembered
  bool looked_ = false;     // whether what was known has been looked for
  std::vector<std::shared_ptr<Watcher>> watchers_;
  std::unique_ptr<io::BlockingTask> saving_;
  io::Loop& loop_;
  Reflector reflector_;
};

}  // namespace kvs::kube
