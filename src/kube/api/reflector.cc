#include "kube/api/reflector.h"

#include <random>

#include "base/log.h"
#include "kube/codec/protobuf.h"

namespace kvs::kube {
namespace {

using std::chrono::milliseconds;

constexpr int kPageSize = 500;
constexpr size_t kMostPage = size_t{256} << 20;     // bytes
constexpr size_t kMostObjects = 1000000;            // of a list; Kubernetes is for 150,000 pods
constexpr size_t kMostRefusal = size_t{1} << 20;    // bytes
constexpr milliseconds kShort{1000};                // a watch that ends sooner, without an event
constexpr int kLeastWatch = 300, kMostWatch = 600;  // seconds, then the server ends it

// As in the API's paths; in the order of Kind.
constexpr std::string_view kPlurals[] = {"nodes", "namespaces", "pods", "configmaps",
                                         "vswitchconfigs"};

// The media types for the kind, the best first.
std::string Accept(Kind kind, bool watch) {
  std::string json(MediaType(Wire::kJson, watch));
  return HasProtobuf(kind) ? fmt::format("{},{}", MediaType(Wire::kProtobuf, watch), json) : json;
}

Wire WireOf(Kind kind, const io::HttpHead& head) {
  const bool protobuf = head.content_type.find("protobuf") != std::string::npos;
  return protobuf && HasProtobuf(kind) ? Wire::kProtobuf : Wire::kJson;
}

int WatchSeconds() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int>(kLeastWatch, kMostWatch)(random);
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string CollectionPath(Kind kind, const std::string& ns) {
  const std::string_view version = ApiVersion(kind);
  const bool core = version.find('/') == version.npos;
  return fmt::format("/{}/{}{}/{}", core ? "api" : "apis", version,
                     ns.empty() ? "" : "/namespaces/" + ns, kPlurals[static_cast<size_t>(kind)]);
}

std::string ObjectPath(const Ref& ref) {
  const size_t slash = ref.key.find('/');
  if (slash == ref.key.npos) return CollectionPath(ref.kind) + "/" + ref.key;
  return CollectionPath(ref.kind, ref.key.substr(0, slash)) + ref.key.substr(slash);
}

Reflector::Reflector(io::Loop& loop, ApiClient& client, Kind kind, const Scope& scope,
                     const Timeouts& timeouts, Handlers handlers)
    : loop_(loop),
      client_(client),
      kind_(kind),
      scope_(scope),
      timeouts_(timeouts),
      handlers_(std::move(handlers)),
      next_(loop, [this] { Next(); }),
      silence_(loop, [this] { Silent(); }),
      backoff_(milliseconds(200), milliseconds(30000)) {
  Next();
}

void Reflector::Next() { resource_version_.empty() ? List() : Watch(); }

std::string Reflector::Query() const {
  std::string query = CollectionPath(kind_, scope_.ns) + "?";
  if (!scope_.name.empty()) query += "fieldSelector=metadata.name%3D" + Escape(scope_.name) + "&";
  if (!scope_.labels.empty()) query += "labelSelector=" + Escape(scope_.labels) + "&";
  return query;
}

void Reflector::Answered(const io::HttpHead& head) {
  head_ = head;
  body_.clear();
}

// A failure status as text for a person.
std::string Reflector::Refusal() const {
  const auto status = ParseStatus(body_);
  const std::string said =
      status ? status->message : fmt::format("HTTP status {} without a reason", head_.status);
  std::string what = fmt::format("{} of {}: {}", client_.server(), Name(kind_), said);
  if (head_.status == 404 && kind_ == Kind::kVSwitchConfig)
    return what + "; the VSwitchConfig CRD is not installed: kubectl apply -f k-vswitch.yaml";
  if (head_.status == 403)
    return what + "; apply k-vswitch's manifest again, which has the permissions that it needs";
  return what;
}

void Reflector::List() {
  head_ = {};
  std::string path = Query() + fmt::format("limit={}", kPageSize);
  if (!continue_.empty()) path += "&continue=" + Escape(continue_);
  exchange_ = client_.Send({.path = std::move(path),
                            .accept = Accept(kind_, false),
                            .timeout = timeouts_.answer,
                            .fresh_connection = std::exchange(silent_, false),
                            .most = kMostPage},
                           {.on_head = [this](const io::HttpHead& head) { Answered(head); },
                            .on_data = [this](std::string_view data) { body_ += data; },
                            .on_done =
                                [this](const Result<>& done) {
                                  if (!done) return Failed(done.error().message);
                                  TakePage();
                                }});
}

void Reflector::TakePage() {
  if (head_.status == 410 && !std::exchange(continue_, {}).empty()) {
    log::Debug("{}; listing from the start",
               Refusal());  // the server has forgotten the list of these pages
    exchange_.reset();
    return next_.Start(backoff_.Next());
  }
  if (head_.status != 200) return Failed(Refusal(), head_.retry_after);
  const bool protobuf = WireOf(kind_, head_) == Wire::kProtobuf;
  auto page = protobuf ? ParseListProtobuf(kind_, body_) : ParseListJson(kind_, body_);
  body_.clear();
  if (!page) return Failed(fmt::format("{}: {}", client_.server(), page.error().message));
  if (continue_.empty()) listed_.clear();
  listed_.insert(listed_.end(), std::move_iterator(page->items.begin()),
                 std::move_iterator(page->items.end()));
  if (listed_.size() > kMostObjects) {
    listed_.clear();
    continue_.clear();
    return Failed(fmt::format("{} of {}: the list has more than the maximum of {} objects",
                              client_.server(), Name(kind_), kMostObjects));
  }
  continue_ = page->continue_token;
  if (!continue_.empty()) return next_.Start(milliseconds(0));
  resource_version_ = page->resource_version;
  next_.Start(milliseconds(0));
  handlers_.on_trouble("");
  handlers_.on_list(std::exchange(listed_, {}));
}

void Reflector::Watch() {
  watch_began_ = loop_.Now();
  frames_.reset();
  head_ = {};
  got_on_ = false;
  silence_.Start(timeouts_.answer);
  exchange_ = client_.Send(
      {.path = Query() + fmt::format("watch=1&allowWatchBookmarks=true&timeoutSeconds={}"
                                     "&resourceVersion={}",
                                     WatchSeconds(), Escape(resource_version_)),
       .accept = Accept(kind_, true),
       .timeout = milliseconds(0),
       .fresh_connection = std::exchange(silent_, false),
       .most = 0},
      {.on_head =
           [this](const io::HttpHead& head) {
             Answered(head);
             if (head.status != 200) return;
             silence_.Start(timeouts_.silence);
             frames_ = std::make_unique<WatchFrames>(WireOf(kind_, head));
             handlers_.on_trouble("");
           },
       .on_data =
           [this](std::string_view data) {
             silence_.Start(timeouts_.silence);
             if (!frames_) return TakeRefusal(data);
             const auto taken =
                 frames_->Push(data, [this](std::string_view frame) { return TakeEvent(frame); });
             if (taken) return;
             Relist(taken.error().message);
             WatchEnded({});
           },
       .on_done = [this](const Result<>& done) { WatchEnded(done); }});
}

// A part of the body of a refusal.
void Reflector::TakeRefusal(std::string_view data) {
  body_ += data;
  if (body_.size() > kMostRefusal) Failed(Refusal(), head_.retry_after);
}

// A malformed event ends the watch, and events before it may be missing: the objects are listed
// again.
Result<> Reflector::TakeEvent(std::string_view frame) {
  auto event = WireOf(kind_, head_) == Wire::kProtobuf ? ParseWatchEventProtobuf(kind_, frame)
                                                       : ParseWatchEventJson(kind_, frame);
  if (!event) return tl::unexpected(event.error());
  if (event->type == WatchEvent::Type::kError) return Fail("{}", event->status.message);
  got_on_ = true;
  if (!event->resource_version.empty()) resource_version_ = event->resource_version;
  if (event->type != WatchEvent::Type::kBookmark) handlers_.on_event(std::move(*event));
  return {};
}

void Reflector::Relist(const std::string& why) {
  log::Debug("watch of {}: {}; listing again", Name(kind_), why);
  got_on_ = false;
  resource_version_.clear();
  continue_.clear();
}

void Reflector::WatchEnded(const Result<>& done) {
  if (head_.status == 410) {
    Relist(Refusal());
  } else if (!frames_) {
    if (head_.status != 0) return Failed(Refusal(), head_.retry_after);
    return Failed(done.error().message);
  }
  // It worked for a while: the server ended it in time, or it was cut off.
  exchange_.reset();
  silence_.Stop();
  if (!done) log::Debug("watch of {}: {}", Name(kind_), done.error().message);
  const bool in_vain = !got_on_ && loop_.Now() - watch_began_ < kShort;
  if (!in_vain) backoff_.Reset();
  next_.Start(in_vain ? backoff_.Next() : milliseconds(0));
}

// The connection may be dead.
void Reflector::Silent() {
  silent_ = true;
  if (frames_) return WatchEnded({});
  Failed(fmt::format("{}: no answer to the watch of {}", client_.server(), Name(kind_)));
}

void Reflector::Failed(const std::string& why, milliseconds asked) {
  exchange_.reset();
  silence_.Stop();
  next_.Start(std::max(std::min(asked, timeouts_.asked), backoff_.Next()));
  handlers_.on_trouble(why);
}

}  // namespace kvs::kube
