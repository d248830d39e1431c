#include "kube/testing/fake_api_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <protozero/pbf_writer.hpp>

#include "kube/codec/json.h"
#include "kube/codec/protobuf.h"
#include "kube/folder/manifest_store.h"
#include "kube/testing/wire_encode.h"

namespace kvs::kube {
namespace {

constexpr std::pair<std::string_view, Kind> kPaths[] = {
    {"/api/v1/nodes", Kind::kNode},
    {"/api/v1/pods", Kind::kPod},
    {"/api/v1/configmaps", Kind::kConfigMap},
    {"/api/v1/namespaces", Kind::kNamespace},  // last: the path of what is in one begins so too
    {"/apis/kvswitch.io/v1alpha1/vswitchconfigs", Kind::kVSwitchConfig},
};

// RFC 9110, 5.6.7.
std::string HttpDate(std::chrono::seconds from_now) {
  const std::time_t time = std::time(nullptr) + from_now.count();
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&time))};
}

Object Empty(Kind kind) {
  switch (kind) {
    case Kind::kNode:
      return Node{};
    case Kind::kNamespace:
      return Namespace{};
    case Kind::kPod:
      return Pod{};
    case Kind::kConfigMap:
      return ConfigMap{};
    case Kind::kVSwitchConfig:
      break;
  }
  return VSwitchConfig{};
}

bool SameValue(const Object& one, const Object& other) {
  Object same = other;
  MetaOf(same).resource_version = MetaOf(one).resource_version;
  MetaOf(same).generation = MetaOf(one).generation;
  return same == one;
}

bool SameSpec(const Object& one, const Object& other) {
  const auto* config = std::get_if<VSwitchConfig>(&one);
  return config ? config->spec == std::get<VSwitchConfig>(other).spec : false;
}

// The fields that a patch of the object, or of its status, can set.
Object Part(Object object, bool status) {
  auto* config = std::get_if<VSwitchConfig>(&object);
  if (config && status) config->spec = {}, config->node_uid = {};
  if (config && !status) config->status = {};
  if (status) MetaOf(object) = {.name = MetaOf(object).name};
  return object;
}

std::string Get(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto at = map.find(key);
  return at == map.end() ? "" : at->second;
}

// The object with labels of a wrong type.
std::string EncodeBad(Wire wire, Kind kind, const ObjectMeta& meta) {
  if (wire == Wire::kJson)
    return boost::json::serialize(boost::json::value{{"apiVersion", ApiVersion(kind)},
                                                     {"kind", Name(kind)},
                                                     {"metadata",
                                                      {{"name", meta.name},
                                                       {"namespace", meta.ns},
                                                       {"uid", meta.uid},
                                                       {"resourceVersion", meta.resource_version},
                                                       {"labels", {{"a", 5}}}}}});
  std::string bytes;
  protozero::pbf_writer object(bytes);
  protozero::pbf_writer to(object, 1);
  to.add_string(1, meta.name);
  to.add_string(3, meta.ns);
  to.add_string(5, meta.uid);
  to.add_string(6, meta.resource_version);
  to.add_uint64(11, 5);
  to.commit();
  return bytes;
}

}  // namespace

Wire FakeApiServer::WireOf(Kind kind) const { return HasProtobuf(kind) ? wire_ : Wire::kJson; }

std::string FakeApiServer::Encoded(const Stored& stored) const {
  const Kind kind = KindOf(stored.object);
  return stored.bad ? EncodeBad(WireOf(kind), kind, MetaOf(stored.object))
                    : EncodeObject(WireOf(kind), stored.object);
}

void FakeApiServer::Start(io::Loop& loop) {
  loop_ = &loop;
  http_.Start(loop, [this](const Request& request, const PeerPtr& peer) { Take(request, peer); });
}

void FakeApiServer::Stop() {
  http_.Stop();
  watches_.clear();
  delayed_.clear();
}

// Objects.

void FakeApiServer::Put(const Object& object) {
  objects_[RefOf(object)].users = object;
  Refresh(RefOf(object));
}

void FakeApiServer::PutBad(const Ref& ref) {
  Stored& stored = objects_[ref];
  const size_t slash = ref.key.find('/');
  const ObjectMeta meta = slash == ref.key.npos
                              ? ObjectMeta{.name = ref.key}
                              : ObjectMeta{ref.key.substr(slash + 1), ref.key.substr(0, slash)};
  const std::string uid = MetaOf(stored.object).uid;
  stored.object = Empty(ref.kind);
  MetaOf(stored.object) = meta;
  MetaOf(stored.object).uid = uid.empty() ? fmt::format("uid-{}", ++uids_) : uid;
  stored.bad = true;
  MetaOf(stored.object).resource_version = fmt::format("{}", ++version_);
  Announce(ref, uid.empty() ? "ADDED" : "MODIFIED", stored);
}

void FakeApiServer::Erase(const Ref& ref) {
  const auto at = objects_.find(ref);
  ASSERT_NE(at, objects_.end());
  Stored gone = std::move(at->second);
  objects_.erase(at);
  MetaOf(gone.object).resource_version = fmt::format("{}", ++version_);
  Announce(ref, "DELETED", gone);
}

// Merges the fields of the user and of the managers.
void FakeApiServer::Refresh(const Ref& ref) {
  Stored& stored = objects_[ref];
  Object merged = stored.users.value_or(VSwitchConfig{.meta = {.name = ref.key}});
  for (const auto& [manager, part] : stored.by_manager) Merge(part, merged);
  const ObjectMeta& before = MetaOf(stored.object);
  ObjectMeta& meta = MetaOf(merged);
  const bool is_new = before.uid.empty();
  meta.uid = is_new ? fmt::format("uid-{}", ++uids_) : before.uid;
  if (!is_new && !stored.bad && SameValue(merged, stored.object)) return;
  meta.generation = before.generation + (is_new || !SameSpec(merged, stored.object));
  meta.resource_version = fmt::format("{}", ++version_);
  stored.object = std::move(merged);
  stored.bad = false;
  Announce(ref, is_new ? "ADDED" : "MODIFIED", stored);
}

std::map<std::string, Object> FakeApiServer::Objects(Kind kind) const {
  std::map<std::string, Object> all;
  for (const auto& [ref, stored] : objects_)
    if (ref.kind == kind && !stored.bad) all.emplace(ref.key, stored.object);
  return all;
}

bool FakeApiServer::Includes(const ResourcePath& path, const Ref& ref) {
  if (path.kind != ref.kind) return false;
  return (path.ns.empty() || ref.key.starts_with(path.ns + "/")) &&
         (path.name.empty() || ref.key.substr(ref.key.find('/') + 1) == path.name);
}

void FakeApiServer::Announce(const Ref& ref, const std::string& type, const Stored& stored) {
  const std::string event = EncodeEvent(WireOf(ref.kind), type, ref.kind, Encoded(stored));
  changes_.push_back({version_, ref, event});
  std::erase_if(watches_, [](const Watcher& one) { return one.peer->gone(); });
  if (faults.stall) return watches_.clear();  // their connections stay open
  std::vector<Watcher> left;
  for (Watcher& one : watches_) {
    if (!Includes(one.path, ref)) {
      left.push_back(one);
    } else if (faults.cut_events) {
      one.peer->Send(event.substr(0, event.size() / 2));
      one.peer->Cut();
    } else {
      one.peer->Send(event);
      left.push_back(one);
    }
  }
  watches_ = std::move(left);
}

int FakeApiServer::watches() const {
  return static_cast<int>(
      std::ranges::count_if(watches_, [](const Watcher& one) { return !one.peer->gone(); }));
}

void FakeApiServer::CutWatches() {
  for (const Watcher& one : std::exchange(watches_, {})) one.peer->Cut();
}

void FakeApiServer::Compact() {
  compacted_ = version_;
  changes_.clear();
  rests_.clear();
}

void FakeApiServer::SendBookmarks() {
  for (const Watcher& one : watches_) {
    Stored mark{.object = Empty(one.path.kind)};
    MetaOf(mark.object).resource_version = fmt::format("{}", version_);
    one.peer->Send(EncodeEvent(WireOf(one.path.kind), "BOOKMARK", one.path.kind, Encoded(mark)));
  }
}

void FakeApiServer::SendRaw(const std::string& bytes) {
  for (const Watcher& one : watches_) one.peer->Send(bytes);
}

// Requests.

void FakeApiServer::Take(const Request& request, const PeerPtr& peer) {
  ++counts.requests;
  if (faults.stall) return;
  if (faults.delay.count() == 0) return Serve(request, peer);
  delayed_.emplace_back(*loop_, [this, request, peer] { Serve(request, peer); })
      .Start(faults.delay);
}

void FakeApiServer::Answer(const PeerPtr& peer, int code, const std::string& type,
                           const std::string& body, const std::string& headers) {
  std::string all = headers;
  if (faults.clock_ahead.count() != 0) all += "Date: " + HttpDate(faults.clock_ahead) + "\r\n";
  if (!faults.cut_answers) return peer->Answer(code, type, body, all);
  peer->Write(fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", code,
                          type, body.size(), body.substr(0, body.size() / 2)));
  peer->Cut();
}

void FakeApiServer::Refuse(const PeerPtr& peer, Wire wire, int code, const std::string& reason,
                           const std::string& message) {
  const std::string after =
      faults.retry_after > 0 ? fmt::format("Retry-After: {}\r\n", faults.retry_after) : "";
  Answer(peer, code, std::string(MediaType(wire, false)),
         EncodeStatus(wire, {code, reason, message, faults.retry_after}), after);
}

std::optional<FakeApiServer::ResourcePath> FakeApiServer::Find(const std::string& path) {
  for (const auto& [base, kind] : kPaths) {
    std::string here = path;
    ResourcePath path{kind, {}, {}, {}};
    constexpr std::string_view kNamespaces = "/api/v1/namespaces/";
    if (const size_t end = here.find('/', kNamespaces.size());
        Namespaced(kind) && here.starts_with(kNamespaces) && end != here.npos) {
      path.ns = here.substr(kNamespaces.size(), end - kNamespaces.size());
      here = "/api/v1" + here.substr(end);
    }
    if (here == base) return path;
    if (!here.starts_with(std::string(base) + "/")) continue;
    path.name = here.substr(base.size() + 1);
    if (const size_t slash = path.name.find('/'); slash != path.name.npos) {
      path.subresource = path.name.substr(slash + 1);
      path.name.resize(slash);
    }
    return path;
  }
  return std::nullopt;
}

void FakeApiServer::Serve(const Request& request, const PeerPtr& peer) {
  const auto path = Find(request.path);
  if (!path || faults.status == 404)
    return Answer(peer, 404, "text/plain; charset=utf-8", "404 page not found\n");
  const Wire wire = WireOf(path->kind);
  if (!faults.token.empty() && Get(request.headers, "authorization") != "Bearer " + faults.token)
    return Refuse(peer, wire, 401, "Unauthorized", "Unauthorized");
  if (faults.status != 0)
    return Refuse(peer, wire, faults.status, "Tested", fmt::format("fault {}", faults.status));
  if (!faults.body.empty())
    return Answer(peer, 200, std::string(MediaType(wire, false)), faults.body);
  EXPECT_TRUE(wire == Wire::kJson || request.method != "GET" ||
              Get(request.headers, "accept").find("protobuf") != std::string::npos);
  if (request.method == "GET" && Get(request.query, "watch") == "1")
    Watch(*path, request, peer);
  else if (request.method == "GET")
    List(*path, request, peer);
  else if (request.method == "PATCH")
    Patch(*path, request, peer);
  else if (request.method == "DELETE")
    Delete(*path, peer);
  else
    Refuse(peer, wire, 405, "MethodNotAllowed", "not here");
}

namespace {

// Of ?fieldSelector=metadata.name=NAME.
std::string SelectedName(const std::map<std::string, std::string>& query) {
  constexpr std::string_view kField = "metadata.name=";
  const std::string selector = Get(query, "fieldSelector");
  if (selector.empty()) return {};
  EXPECT_TRUE(selector.starts_with(kField)) << selector;
  return selector.substr(kField.size());
}

}  // namespace

void FakeApiServer::List(const ResourcePath& path, const Request& request, const PeerPtr& peer) {
  ++counts.pages;
  ResourcePath wanted = path;
  wanted.name = SelectedName(request.query);
  const Wire wire = WireOf(path.kind);
  const std::string token = Get(request.query, "continue");
  Rest rest{version_, {}};
  if (token.empty()) {
    ++counts.lists;
    for (const auto& [ref, stored] : objects_)
      if (Includes(wanted, ref)) rest.items.push_back(Encoded(stored));
  } else {
    const auto at = rests_.find(token);
    if (at == rests_.end())
      return Refuse(peer, wire, 410, "Expired",
                    "The provided continue parameter is too old to display a consistent list "
                    "result.");
    rest = at->second;
  }
  const size_t limit = std::min<size_t>(std::stoul(Get(request.query, "limit")), faults.most_items);
  std::string next;
  std::vector<std::string> page = std::move(rest.items);
  if (page.size() > limit) {
    next = fmt::format("token/{}=", ++tokens_);
    rests_[next] = {rest.version, {page.begin() + static_cast<ptrdiff_t>(limit), page.end()}};
    page.resize(limit);
  }
  Answer(peer, 200, std::string(MediaType(wire, false)),
         EncodeList(wire, path.kind, page, fmt::format("{}", rest.version), next));
}

void FakeApiServer::Watch(const ResourcePath& path, const Request& request, const PeerPtr& peer) {
  ++counts.watches;
  EXPECT_EQ(Get(request.query, "allowWatchBookmarks"), "true");
  ResourcePath wanted = path;
  wanted.name = SelectedName(request.query);
  const Wire wire = WireOf(path.kind);
  const int64_t from = std::stoll(Get(request.query, "resourceVersion"));
  const Status gone{410, "Expired",
                    fmt::format("too old resource version: {} ({})", from, compacted_ + 1), 0};
  if (from < compacted_ && faults.gone_as_status)
    return Refuse(peer, wire, gone.code, gone.reason, gone.message);
  peer->Begin(200, std::string(MediaType(wire, true)));
  if (from < compacted_) {
    peer->Send(EncodeErrorEvent(wire, gone));
    return peer->End();
  }
  for (const Change& change : changes_)
    if (change.version > from && Includes(wanted, change.ref)) peer->Send(change.event);
  watches_.push_back({peer, wanted});
}

void FakeApiServer::Patch(const ResourcePath& path, const Request& request, const PeerPtr& peer) {
  ++counts.writes;
  EXPECT_EQ(Get(request.headers, "content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(Get(request.query, "force"), "true");
  const std::string manager = Get(request.query, "fieldManager");
  const bool status = path.subresource == "status";
  const Ref ref{path.kind, path.key()};
  boost::json::error_code error;
  const Decoded patch = Decode(path.kind, boost::json::parse(request.body, error));
  if (error || !patch.object || (path.kind != Kind::kVSwitchConfig && path.kind != Kind::kNode) ||
      manager.empty())
    return Refuse(peer, Wire::kJson, 422, "Invalid", "no such patch: " + request.body);
  if (status && !objects_.contains(ref))
    return Refuse(peer, Wire::kJson, 404, "NotFound",
                  fmt::format("vswitchconfigs.kvswitch.io \"{}\" not found", path.name));
  objects_[ref].by_manager[manager + " " + path.subresource] = Part(*patch.object, status);
  Refresh(ref);
  Answer(peer, 200, "application/json", EncodeObject(Wire::kJson, objects_.at(ref).object));
}

void FakeApiServer::Delete(const ResourcePath& path, const PeerPtr& peer) {
  ++counts.writes;
  const Ref ref{path.kind, path.key()};
  if (!objects_.contains(ref))
    return Refuse(peer, Wire::kJson, 404, "NotFound",
                  fmt::format("vswitchconfigs.kvswitch.io \"{}\" not found", path.name));
  Erase(ref);
  Answer(peer, 200, "application/json",
         R"({"kind":"Status","apiVersion":"v1","status":"Success"})");
}

}  // namespace kvs::kube
