#include "kube/api/object_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "kube/codec/json.h"
#include "kube/object/time.h"
#include "kube/source/watchers.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kSaveDelay{1000};

// Whether they are the same for us: most changes on the server are of fields that we don't decode.
bool SameToUs(const Object& one, const Object& other) {
  Object as_versioned = other;
  MetaOf(as_versioned).resource_version = MetaOf(one).resource_version;
  return as_versioned == one;
}

std::string ListText(const std::map<std::string, Object>& objects) {
  json::array items;
  for (const auto& [key, object] : objects) items.push_back(Encode(object));
  json::object list{{"apiVersion", "v1"}, {"kind", "List"}};
  list["items"] = std::move(items);
  return json::serialize(list);
}

}  // namespace

std::string ObjectsFile(const std::string& folder, Kind kind) {
  return fmt::format("{}/{}.json", folder, Name(kind));
}

ObjectCache::ObjectCache(io::Loop& loop, ApiClient& client, Kind kind, const Scope& scope,
                         const Timeouts& timeouts, std::string folder,
                         std::function<void()> on_change)
    : kind_(kind),
      folder_(std::move(folder)),
      on_change_(std::move(on_change)),
      notify_(loop, [this] { NotifyNew(); }),
      save_(loop, [this] { Save(); }),
      loop_(loop),
      reflector_(loop, client, kind, scope, timeouts,
                 {.on_list = [this](std::vector<Decoded> list) { TakeList(std::move(list)); },
                  .on_event = [this](WatchEvent event) { TakeEvent(std::move(event)); },
                  .on_trouble = [this](const std::string& trouble) { TakeTrouble(trouble); }}) {}

std::unique_ptr<Subscription> ObjectCache::Watch(WatchHandlers handlers) {
  const auto& watcher =
      watchers_.emplace_back(std::make_shared<Watcher>(Watcher{std::move(handlers)}));
  notify_.Start(milliseconds(0));
  return std::make_unique<WatchHandle<Watcher>>(watcher);
}

std::vector<Problem> ObjectCache::Problems() const {
  std::vector<Problem> all;
  if (!trouble_.empty()) {
    const std::string known = remembered_.empty()
                                  ? ""
                                  : "; using the configuration cached at " + remembered_ +
                                        "; running pods are not affected";
    all.push_back({kApiServer, std::string(Name(kind_)), trouble_ + known});
  }
  for (const auto& [key, problems] : problems_)
    all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

// Calls every watcher that has got the list.
void ObjectCache::Notify(const std::function<void(Watcher&)>& call) {
  for (const auto& watcher : std::vector(watchers_))
    if (watcher->alive && watcher->told) call(*watcher);
}

void ObjectCache::NotifyNew() {
  std::erase_if(watchers_, [](const auto& watcher) { return !watcher->alive; });
  if (!synced_) return;
  for (const auto& watcher : std::vector(watchers_)) {
    if (watcher->told) continue;
    watcher->told = true;
    for (auto at = objects_.begin(); watcher->alive && at != objects_.end(); ++at)
      watcher->handlers.on_put(at->second);
    if (watcher->alive && watcher->handlers.on_synced) watcher->handlers.on_synced();
  }
}

void ObjectCache::Put(Object object) {
  const std::string key = MetaOf(object).key();
  const auto [at, added] = objects_.try_emplace(key, object);
  if (!added) {
    if (SameToUs(at->second, object)) return;
    at->second = std::move(object);
  }
  if (!save_.active()) save_.Start(kSaveDelay);
  Notify([&now = at->second](Watcher& watcher) { watcher.handlers.on_put(now); });
}

void ObjectCache::Erase(const std::string& key) {
  Report(key, {});
  if (objects_.erase(key) == 0) return;
  if (!save_.active()) save_.Start(kSaveDelay);
  Notify([&](Watcher& watcher) { watcher.handlers.on_erase(key); });
}

void ObjectCache::Report(const std::string& key, std::vector<Problem> problems) {
  if (problems.empty() ? problems_.erase(key) == 0 : problems_[key] == problems) return;
  if (!problems.empty()) problems_[key] = std::move(problems);
  on_change_();
}

void ObjectCache::TakeList(std::vector<Decoded> list) {
  remembered_.clear();
  std::set<std::string> here;
  bool all_named = true;  // else a missing object may be one without a readable name
  for (size_t i = 0; i < list.size(); ++i) {
    Decoded& one = list[i];
    const std::string key = one.ref ? one.ref->key : fmt::format("#{}", i);
    here.insert(key);
    all_named &= one.ref.has_value();
    Report(key, std::move(one.problems));
    if (one.object) Put(std::move(*one.object));
  }
  std::vector<std::string> gone;
  for (const auto& [key, object] : objects_)
    if (all_named && !here.contains(key)) gone.push_back(key);
  for (const auto& [key, problems] : problems_)
    if (!here.contains(key)) gone.push_back(key);
  for (const std::string& key : gone) Erase(key);
  synced_ = true;
  save_.Start(kSaveDelay);
  NotifyNew();
}

void ObjectCache::TakeEvent(WatchEvent event) {
  if (!event.object.ref) return Report("#", std::move(event.object.problems));
  const std::string key = event.object.ref->key;
  if (event.type == WatchEvent::Type::kDeleted) return Erase(key);
  Report(key, std::move(event.object.problems));
  if (event.object.object) Put(std::move(*event.object.object));
}

void ObjectCache::TakeTrouble(const std::string& trouble) {
  if (!trouble.empty() && !synced_ && !std::exchange(looked_, true)) Remember();
  if (std::exchange(trouble_, trouble) == trouble) return;
  on_change_();
}

// The objects that Save() stored.
Result<Manifest> ObjectCache::Saved() const {
  const auto text = ReadFile(ObjectsFile(folder_, kind_));
  if (!text) return tl::unexpected(text.error());
  Manifest known = ParseManifest(ObjectsFile(folder_, kind_), *text);
  if (!known.problems.empty()) return Fail("{}", known.problems.front().ToString());
  const bool ours = std::ranges::all_of(
      known.items, [this](const Manifest::Item& item) { return RefOf(item.object).kind == kind_; });
  if (text->empty() || !known.ignored.empty() || !ours)
    return Fail("it is not a list of {}s", Name(kind_));
  return known;
}

// Reads the stored objects. An unreadable file counts as missing.
void ObjectCache::Remember() {
  struct stat file;
  if (folder_.empty() || stat(ObjectsFile(folder_, kind_).c_str(), &file) != 0) return;
  auto known = Saved();
  if (!known)
    return log::Warning("the cached {}s are lost, because {} can't be read: {}", Name(kind_),
                        ObjectsFile(folder_, kind_), known.error().message);
  for (Manifest::Item& item : known->items)
    objects_.insert_or_assign(MetaOf(item.object).key(), std::move(item.object));
  remembered_ = Rfc3339(file.st_mtim.tv_sec);
  synced_ = true;
  NotifyNew();
}

void ObjectCache::Save() {
  if (folder_.empty()) return;
  if (saving_) return save_.Start(kSaveDelay);
  const auto result = std::make_shared<Result<>>();
  saving_ = io::BlockingTask::Run(
      loop_,
      [result, folder = folder_, file = ObjectsFile(folder_, kind_), objects = objects_] {
        mkdir(folder.c_str(), 0700);
        *result = WriteFile(file, ListText(objects));
      },
      [this, result] {
        saving_.reset();
        if (!*result) log::Warning("the objects can't be cached: {}", result->error().message);
      });
}

}  // namespace kvs::kube
