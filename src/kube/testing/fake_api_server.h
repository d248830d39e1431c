#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/fake_http_server.h"
#include "kube/codec/list_watch.h"
#include "kube/object/objects.h"

// An API server for tests, in memory, with switches for the faults of a real one: lists in pages,
// watches with bookmarks, server-side apply of VSwitchConfigs, deletes
// (kubernetes.io/docs/reference/using-api/api-concepts). It speaks HTTP/1.1 on loopback.
namespace kvs::kube {

class FakeApiServer {
 public:
  struct Faults {
    int status = 0;                       // every answer has it; 404: as for an unknown path
    int retry_after = 0;                  // seconds, with that
    std::string body;                     // every answer is that, with status 200
    bool stall = false;                   // takes requests, never answers
    std::chrono::milliseconds delay{0};   // before each answer
    bool cut_answers = false;             // half of each body
    bool cut_events = false;              // half of the next event of each watch
    bool gone_as_status = false;          // 410 as status of the answer, not as an event
    size_t most_items = 1000000;          // of a page, whatever is asked for
    std::string token;                    // requests without it get 401
    std::chrono::seconds clock_ahead{0};  // of ours; zero: its answers have no date
  };
  struct Counts {
    int requests = 0, lists = 0, pages = 0, watches = 0, writes = 0;
  };

  // With kProtobuf, kinds that have protobuf use it. `number` distinguishes the servers of one
  // process.
  explicit FakeApiServer(Wire wire, int number = 0) : wire_(wire), http_(number) {}

  std::string url() const { return "http://" + http_.address(); }
  // Objects are kept from one Start() to the next.
  void Start(io::Loop& loop);
  void Stop();

  // Creates or updates the object, as a user does.
  void Put(const Object& object);
  void Erase(const Ref& ref);
  // The object exists, but its labels have a wrong type.
  void PutBad(const Ref& ref);

  // The good objects, as a watch delivers them.
  std::map<std::string, Object> Objects(Kind kind) const;

  // Ends all watches without an event.
  void CutWatches();
  // Forgets all changes so far: a watch from before, or the next page of an older list, gets 410
  // Gone.
  void Compact();
  // Sends a bookmark to every watch.
  void SendBookmarks();
  // Sends these bytes unchanged to every watch.
  void SendRaw(const std::string& bytes);
  int connections() const { return http_.connections; }  // so far
  int watches() const;                                   // under way

  Faults faults;
  Counts counts;

 private:
  using Request = io::FakeHttpServer::Request;
  using PeerPtr = std::shared_ptr<io::FakeHttpServer::Peer>;

  struct Stored {
    std::optional<Object> users;
    std::map<std::string, Object> by_manager;
    Object object;  // all of it; meta only if it is bad
    bool bad = false;
  };
  struct Change {
    int64_t version;
    Ref ref;
    std::string event;  // encoded
  };
  struct ResourcePath {
    Kind kind;
    std::string ns, name, subresource;
    std::string key() const { return ns.empty() ? name : ns + "/" + name; }
  };
  struct Watcher {
    PeerPtr peer;
    ResourcePath path;
  };
  struct Rest {  // of a list, as it was at its first page
    int64_t version;
    std::vector<std::string> items;
  };

  void Take(const Request& request, const PeerPtr& peer);
  void Serve(const Request& request, const PeerPtr& peer);
  void List(const ResourcePath& path, const Request& request, const PeerPtr& peer);
  void Watch(const ResourcePath& path, const Request& request, const PeerPtr& peer);
  void Patch(const ResourcePath& path, const Request& request, const PeerPtr& peer);
  void Delete(const ResourcePath& path, const PeerPtr& peer);
  void Refuse(const PeerPtr& peer, Wire wire, int code, const std::string& reason,
              const std::string& message);
  void Answer(const PeerPtr& peer, int code, const std::string& type, const std::string& body,
              const std::string& headers = {});

  Wire WireOf(Kind kind) const;
  static std::optional<ResourcePath> Find(const std::string& path);
  static bool Includes(const ResourcePath& path, const Ref& ref);
  void Refresh(const Ref& ref);
  void Announce(const Ref& ref, const std::string& type, const Stored& stored);
  std::string Encoded(const Stored& stored) const;

  Wire wire_;
  io::FakeHttpServer http_;
  io::Loop* loop_ = nullptr;
  std::list<io::Timer> delayed_;
  std::map<Ref, Stored> objects_;
  std::deque<Change> changes_;
  std::map<std::string, Rest> rests_;  // by continue token
  std::vector<Watcher> watches_;
  int64_t version_ = 100, compacted_ = 0;
  int uids_ = 0, tokens_ = 0;
};

}  // namespace kvs::kube
