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

// The file in `folder` for the objects of a kind.
std::string ObjectsFile(const std::string& folder, Kind kind);

// The last known objects of one kind on the API server, and their watchers. With a folder they are
// also stored in a file there: if the server does not answer at first, the stored objects are
// delivered instead, so that a program that restarts while the server is away can work.
class ObjectCache {
 public:
  // `on_change` is called when Problems() may have changed. `folder` may be empty.
  ObjectCache(io::Loop& loop, ApiClient& client, Kind kind, const Scope& scope,
              const Timeouts& timeouts, std::string folder, std::function<void()> on_change);
  ObjectCache(const ObjectCache&) = delete;
  ObjectCache& operator=(const ObjectCache&) = delete;

  std::unique_ptr<Subscription> Watch(WatchHandlers handlers);

  // Problems with objects, and why no objects arrive.
  std::vector<Problem> Problems() const;

 private:
  struct Watcher {
    WatchHandlers handlers;
    bool alive = true;
    bool told = false;  // the whole list and on_synced were delivered
  };

  void TakeList(std::vector<Decoded> list);
  void TakeEvent(WatchEvent event);
  void TakeTrouble(const std::string& trouble);
  void Put(Object object);
  void Erase(const std::string& key);
  void Report(const std::string& key, std::vector<Problem> problems);
  void NotifyNew();
  void Notify(const std::function<void(Watcher&)>& call);
  void Save();
  Result<Manifest> Saved() const;
  void Remember();

  Kind kind_;
  std::string folder_;
  std::function<void()> on_change_;
  io::Timer notify_, save_;
  bool synced_ = false;
  std::map<std::string, Object> objects_;                 // by key
  std::map<std::string, std::vector<Problem>> problems_;  // by key
  std::string trouble_;
  std::string remembered_;  // time of the stored objects, while only these are known
  bool looked_ = false;     // whether the file has been read
  std::vector<std::shared_ptr<Watcher>> watchers_;
  std::unique_ptr<io::BlockingTask> saving_;
  io::Loop& loop_;
  Reflector reflector_;
};

}  // namespace kvs::kube
