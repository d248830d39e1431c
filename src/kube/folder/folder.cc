#include "kube/folder/folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "io/blocking_task.h"
#include "io/watch.h"
#include "kube/codec/json.h"
#include "kube/codec/yaml.h"
#include "kube/folder/files.h"
#include "kube/folder/manifest_store.h"
#include "kube/source/watchers.h"

namespace kvs::kube {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet{20}, kMostDelay{200}, kRescan{5000}, kRescanBroken{200};
constexpr std::string_view kOwned = ".kvswitch";

struct ObjectWatcher {
  Kind kind;
  WatchHandlers handlers;
  bool alive = true;
  bool synced = false;
  std::map<std::string, std::string> told;  // key -> resourceVersion

  void Deliver(const std::map<Ref, Object>& objects);
};

void ObjectWatcher::Deliver(const std::map<Ref, Object>& objects) {
  for (auto at = told.begin(); alive && at != told.end();) {
    const auto here = at++;
    if (objects.contains({kind, here->first})) continue;
    const std::string key = here->first;
    told.erase(here);
    handlers.on_erase(key);
  }
  for (auto at = objects.lower_bound({kind, ""}); alive && at != objects.end(); ++at) {
    const auto& [ref, object] = *at;
    if (ref.kind != kind) break;
    std::string& version = told[ref.key];
    if (version == MetaOf(object).resource_version) continue;
    version = MetaOf(object).resource_version;
    handlers.on_put(object);
  }
  if (alive && !std::exchange(synced, true) && handlers.on_synced) handlers.on_synced();
}

// One directory and its notifications, renewed when another directory gets its name.
class Watched {
 public:
  Watched(io::Loop& loop, std::string path, std::function<void()> on_change)
      : loop_(loop), path_(std::move(path)), on_change_(std::move(on_change)) {}

  const std::string& path() const { return path_; }

  void Renew() {
    struct stat now;
    if (stat(path_.c_str(), &now) != 0) return watch_.reset();
    if (watch_ && now.st_dev == device_ && now.st_ino == inode_) return;
    device_ = now.st_dev;
    inode_ = now.st_ino;
    watch_.reset();
    auto watch = io::DirectoryWatch::Open(loop_, path_, on_change_);
    if (watch)
      watch_ = std::move(*watch);
    else if (!std::exchange(warned_, true))
      log::Warning("{}; changes are found every 5 s instead", watch.error().message);
  }

 private:
  io::Loop& loop_;
  std::string path_;
  std::function<void()> on_change_;
  std::unique_ptr<io::DirectoryWatch> watch_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool warned_ = false;
};

bool IsLink(const std::string& path) {
  struct stat link;
  return lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
}

class Folder : public Source {
 public:
  Folder(io::Loop& loop, const std::string& path)
      : loop_(loop),
        users_(loop, path, [this] { Changed(); }),
        owned_(loop, fmt::format("{}/{}", path, kOwned), [this] { Changed(); }),
        scan_(loop, [this] { Scan(); }),
        rescan_(loop, [this] { Scan(); }) {
    scan_.Start(milliseconds(0));
    rescan_.StartRepeating(kRescan);
  }

  using Source::Watch;
  std::unique_ptr<Subscription> Watch(Kind kind, WatchHandlers handlers) override;
  std::unique_ptr<Subscription> WatchProblems(OnProblems on_problems) override;
  void Apply(const Object& object, std::string_view manager, Done done) override;
  void Delete(Kind kind, const std::string& key, std::string_view manager, Done done) override;
  void Report(const Event&) override {}  // nobody looks for them in a folder; logs tell the same

 private:
  // A write; writes are done on another thread, one after the other.
  struct Job {
    std::function<Result<>()> write;
    Done done;
  };

  void Changed();
  void Scan();
  void ScanFolder(const std::map<std::string, FileStamp>& found, bool owned);
  void ReadManifest(const std::string& name, const FileStamp& stamp, bool owned);
  void Forget(const std::string& name);
  void Deliver();
  void Enqueue(Job job);
  void RunNextJob();

  io::Loop& loop_;
  Watched users_, owned_;
  io::Timer scan_, rescan_;
  milliseconds first_change_{0};

  ManifestStore catalog_;
  std::map<std::string, FileStamp> stamps_;  // as read; empty: read again
  std::set<std::string> noticed_;            // ignored kinds, told already
  bool scanned_ = false, dirty_ = false, broken_ = false;
  std::set<Kind> wanted_;          // that anybody has watched
  std::map<Ref, Object> objects_;  // of the kinds wanted: most are many, and of no use to an agent
  std::vector<Problem> problems_;
  std::vector<std::shared_ptr<ObjectWatcher>> watchers_;
  ProblemWatchers problem_watchers_;

  std::deque<Job> jobs_;
  std::unique_ptr<io::BlockingTask> running_;
};

std::unique_ptr<Subscription> Folder::Watch(Kind kind, WatchHandlers handlers) {
  const auto& watcher = watchers_.emplace_back(
      std::make_shared<ObjectWatcher>(ObjectWatcher{kind, std::move(handlers)}));
  dirty_ |= wanted_.insert(kind).second;
  scan_.Start(milliseconds(0));
  return std::make_unique<WatchHandle<ObjectWatcher>>(watcher);
}

std::unique_ptr<Subscription> Folder::WatchProblems(OnProblems on_problems) {
  scan_.Start(milliseconds(0));
  return problem_watchers_.Add(std::move(on_problems));
}

void Folder::Changed() {
  if (!scan_.active()) first_change_ = loop_.Now();
  const auto waited = loop_.Now() - first_change_;
  scan_.Start(std::min(kQuiet, std::max(milliseconds(0), kMostDelay - waited)));
}

void Folder::Scan() {
  users_.Renew();  // before reading, so that no change falls between
  owned_.Renew();
  std::vector<Problem> broken;
  const auto found = ListManifests(users_.path());
  if (found) {
    ScanFolder(*found, false);
    const auto ours = ListManifests(owned_.path());
    if (ours)
      ScanFolder(*ours, true);
    else if (ours.error().code == ENOENT)
      ScanFolder({}, true);
    else
      broken.push_back({owned_.path(), "folder", ours.error().message + "; its objects stay"});
  } else {
    broken.push_back({users_.path(), "folder", found.error().message + "; its objects stay"});
  }
  scanned_ |= found.has_value();
  if (broken_ != !broken.empty()) {
    broken_ = !broken.empty();
    rescan_.StartRepeating(broken_ ? kRescanBroken : kRescan);
  }
  if (std::exchange(dirty_, false)) objects_ = catalog_.Objects(wanted_);
  problems_ = catalog_.Problems();
  problems_.insert(problems_.begin(), broken.begin(), broken.end());
  std::ranges::sort(problems_);
  Deliver();
}

void Folder::ScanFolder(const std::map<std::string, FileStamp>& found, bool owned) {
  const std::string prefix = owned ? std::string(kOwned) + "/" : "";
  for (auto at = stamps_.begin(); at != stamps_.end();) {
    const std::string& name = at->first;
    const bool here = name.starts_with(kOwned) == owned;
    if (!here || found.contains(name.substr(prefix.size()))) {
      ++at;
      continue;
    }
    Forget(std::string((at++)->first));
  }
  for (const auto& [name, stamp] : found) {
    const auto at = stamps_.find(prefix + name);
    if (at == stamps_.end() || at->second != stamp || stamp == FileStamp{})
      ReadManifest(prefix + name, stamp, owned);
  }
}

void Folder::Forget(const std::string& name) {
  catalog_.Remove(name);
  stamps_.erase(name);
  dirty_ = true;
}

void Folder::ReadManifest(const std::string& name, const FileStamp& stamp, bool owned) {
  const bool settled = IsSettled(stamp);
  const std::string path = users_.path() + "/" + name;
  const auto text = ReadFile(path);
  if (!text && text.error().code == ENOENT && !IsLink(path))
    return Forget(name);  // removed since it was listed
  stamps_[name] = text && settled ? stamp : FileStamp{};
  if (!text) return catalog_.PutUnreadable(name, text.error().message + "; its objects stay");
  Manifest manifest = ParseManifest(name, *text);
  for (const std::string& kind : manifest.ignored)
    if (noticed_.insert(kind).second)
      log::Info("manifest {}: objects of kind {} are not used here; ignored", name, kind);
  catalog_.Put(name, owned, std::move(manifest));
  dirty_ = true;
}

void Folder::Deliver() {
  if (!scanned_) return;
  problem_watchers_.Notify(problems_);
  std::erase_if(watchers_, [](const auto& watcher) { return !watcher->alive; });
  for (const auto& watcher : std::vector(watchers_))
    if (watcher->alive) watcher->Deliver(objects_);
}

// "vswitchconfig.node1.": the prefix of the object's files.
std::string FilePrefix(const Ref& ref) {
  std::string name(Name(ref.kind));
  std::ranges::transform(name, name.begin(), [](char c) { return c | 0x20; });
  std::string key = ref.key;
  std::ranges::replace(key, '/', '.');
  return fmt::format("{}.{}.", name, key);
}

Result<> CheckWrite(const Ref& ref, std::string_view manager) {
  if (ref.kind != Kind::kVSwitchConfig && ref.kind != Kind::kNode)
    return Fail("{}: only VSwitchConfigs and conditions of Nodes are written", ref.ToString());
  if (!IsName(ref.key)) return Fail("{}: not a name of an object", ref.ToString());
  if (!IsName(manager) || manager.find('.') != manager.npos)
    return Fail("{}: \"{}\" is not a field manager's name", ref.ToString(), manager);
  return {};
}

void Folder::Apply(const Object& object, std::string_view manager, Done done) {
  const Ref ref = RefOf(object);
  if (auto good = CheckWrite(ref, manager); !good)
    return Enqueue({[good] { return good; }, std::move(done)});
  Object own = object;
  ObjectMeta& meta = MetaOf(own);
  meta.uid.clear();
  meta.resource_version.clear();
  meta.generation = 0;
  const std::string path = fmt::format("{}/{}{}.yaml", owned_.path(), FilePrefix(ref), manager);
  Enqueue({[folder = owned_.path(), path, text = PrintYaml(Encode(own)), ref]() -> Result<> {
             if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
               return FailErrno(errno, "{}: make folder {}", ref.ToString(), folder);
             if (const auto written = WriteFile(path, text); !written)
               return Wrap(ref.ToString(), written.error());
             return {};
           },
           std::move(done)});
}

void Folder::Delete(Kind kind, const std::string& key, std::string_view manager, Done done) {
  const Ref ref{kind, key};
  auto good = CheckWrite(ref, manager);
  if (const std::string file = catalog_.DefinedBy(ref); good && !file.empty())
    good = Fail("{}: defined in {}/{}; remove it there", ref.ToString(), users_.path(), file);
  if (!good) return Enqueue({[good] { return good; }, std::move(done)});
  Enqueue(
      {[folder = owned_.path(), prefix = FilePrefix(ref)] { return RemoveFiles(folder, prefix); },
       std::move(done)});
}

void Folder::Enqueue(Job job) {
  jobs_.push_back(std::move(job));
  if (!running_) RunNextJob();
}

void Folder::RunNextJob() {
  if (jobs_.empty()) return running_.reset();
  const auto result = std::make_shared<Result<>>();
  running_ = io::BlockingTask::Run(
      loop_, [write = std::move(jobs_.front().write), result] { *result = write(); },
      [this, done = std::move(jobs_.front().done), result] {
        Changed();
        RunNextJob();
        if (done) done(*result);
      });
  jobs_.pop_front();
}

}  // namespace

Result<std::unique_ptr<Source>> OpenFolder(io::Loop& loop, const std::string& path) {
  if (const auto found = ListManifests(path); !found)
    return Fail("manifests: {}; give a folder of Kubernetes manifests", found.error().message);
  return std::unique_ptr<Source>(std::make_unique<Folder>(loop, path));
}

}  // namespace kvs::kube
