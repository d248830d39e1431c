#include "kube/api/api_source.h"

#include <algorithm>
#include <boost/json.hpp>
#include <deque>

#include "base/log.h"
#include "base/outage.h"
#include "base/printable.h"
#include "kube/api/object_cache.h"
#include "kube/codec/json.h"
#include "kube/object/time.h"
#include "kube/source/watchers.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr size_t kMostReports = 20;  // under way
constexpr size_t kMostNote = 1024;   // bytes: the API's limit

// A write: requests one after the other, each only if the one before succeeded.
struct Write {
  std::deque<ApiClient::Call> calls;
  Source::Done done;
  std::string object;  // for messages
  Result<> result;
  std::unique_ptr<io::HttpExchange> exchange;
};

Result<> CheckWrite(const Ref& ref) {
  if (ref.kind != Kind::kVSwitchConfig && ref.kind != Kind::kNode)
    return Fail("{}: only VSwitchConfigs and conditions of Nodes are written", ref.ToString());
  if (!IsName(ref.key)) return Fail("{}: not a name of an object", ref.ToString());
  return {};
}

constexpr size_t kMostInstance = 128;  // letters of a reportingInstance

// A generateName for any node's name: one may end in "-", not in ".", and the API server keeps the
// first 58 letters.
std::string EventNamePrefix(const std::string& instance) {
  constexpr size_t kKept = 58;
  std::string name = instance.substr(0, kKept - 1);
  while (!name.empty() && (name.back() == '.' || name.back() == '-')) name.pop_back();
  return name + "-";
}

class Api : public Source {
 public:
  Api(io::Loop& loop, ApiClient& client, ApiOptions options)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        notify_(loop, [this] { NotifyProblems(); }),
        refuse_(loop, [this] { Refuse(); }) {
    client_.WatchClock([this](std::chrono::seconds skew) {
      skew_ = skew;
      notify_.Start(milliseconds(0));
    });
  }

  using Source::Watch;
  std::unique_ptr<Subscription> Watch(Kind kind, WatchHandlers handlers) override;
  std::unique_ptr<Subscription> WatchProblems(OnProblems on_problems) override;
  void Apply(const Object& object, std::string_view manager, Done done) override;
  void Delete(Kind kind, const std::string& key, std::string_view manager, Done done) override;
  void Report(const Event& event) override;
  std::vector<Ip> ServerAddresses() const override { return client_.Addresses(); }
  RequestCounts Requests() const override { return client_.requests(); }

 private:
  void NotifyProblems();
  void Refuse();
  void Enqueue(const Ref& ref, std::shared_ptr<Write> write);
  void Go(const Ref& ref);
  void Answered(const Ref& ref, const Result<ApiClient::Answer>& answer);

  io::Loop& loop_;
  ApiClient& client_;
  ApiOptions options_;
  io::Timer notify_, refuse_;
  std::map<Kind, std::unique_ptr<ObjectCache>> mirrors_;
  ProblemWatchers problem_watchers_;
  Outage outage_{kApiServer};
  std::chrono::seconds skew_{0};                              // of the server's clock
  std::map<Ref, std::deque<std::shared_ptr<Write>>> writes_;  // the first of each is under way
  std::vector<std::shared_ptr<Write>> refused_;
  std::map<uint64_t, std::unique_ptr<io::HttpExchange>> reports_;
  uint64_t report_number_ = 0;
};

std::unique_ptr<Subscription> Api::Watch(Kind kind, WatchHandlers handlers) {
  auto& mirror = mirrors_[kind];
  if (!mirror)
    mirror = std::make_unique<ObjectCache>(loop_, client_, kind, options_.scopes[kind],
                                           options_.timeouts, options_.folder,
                                           [this] { notify_.Start(milliseconds(0)); });
  return mirror->Watch(std::move(handlers));
}

std::unique_ptr<Subscription> Api::WatchProblems(OnProblems on_problems) {
  notify_.Start(milliseconds(0));
  return problem_watchers_.Add(std::move(on_problems));
}

void Api::NotifyProblems() {
  std::vector<Problem> now;
  for (const auto& [kind, mirror] : mirrors_)
    for (Problem& problem : mirror->Problems()) now.push_back(std::move(problem));
  if (skew_.count() != 0)
    now.push_back(
        {kHost, "clock",
         fmt::format("is {} s {} the API server's: certificates and tokens may be refused, and "
                     "reported times are wrong; on this node: timedatectl set-ntp true",
                     std::abs(skew_.count()), skew_.count() > 0 ? "behind" : "ahead of")});
  const auto away = std::ranges::find(now, kApiServer, &Problem::object);
  outage_.Note(away == now.end() ? "" : away->message);
  std::ranges::sort(now);
  problem_watchers_.Notify(now);
}

void Api::Apply(const Object& object, std::string_view manager, Done done) {
  const Ref ref = RefOf(object);
  auto write = std::make_shared<Write>();
  write->done = std::move(done);
  Object own = object;
  ObjectMeta& meta = MetaOf(own);
  meta.uid.clear();
  meta.resource_version.clear();
  meta.generation = 0;
  json::object spec = Encode(own).get_object();
  json::object status{{"apiVersion", spec["apiVersion"]}, {"kind", spec["kind"]}};
  status["metadata"] = {{"name", meta.name}};
  const bool has_status = spec.contains("status");
  if (has_status) status["status"] = spec["status"];
  spec.erase("status");
  const auto patch = [&](const std::string& subresource, const json::object& body) {
    write->calls.push_back(
        {.method = "PATCH",
         .path = fmt::format("{}{}?fieldManager={}{}&force=true", ObjectPath(ref), subresource,
                             kFieldManagerPrefix, Escape(manager)),
         .content_type = "application/apply-patch+yaml",
         .body = json::serialize(body)});
  };
  constexpr size_t kNoFields = 3;  // apiVersion, kind, metadata
  if (spec.size() > kNoFields || !has_status) patch("", spec);
  if (has_status) patch("/status", status);
  Enqueue(ref, std::move(write));
}

void Api::Delete(Kind kind, const std::string& key, std::string_view, Done done) {
  const Ref ref{kind, key};
  auto write = std::make_shared<Write>();
  write->done = std::move(done);
  write->calls.push_back({.method = "DELETE", .path = ObjectPath(ref)});
  Enqueue(ref, std::move(write));
}

// kubectl looks for the events of a cluster-scoped object in namespace "default".
void Api::Report(const Event& event) {
  if (reports_.size() >= kMostReports) return;
  json::object body{{"apiVersion", "events.k8s.io/v1"},
                    {"kind", "Event"},
                    {"metadata", {{"generateName", EventNamePrefix(event.instance)}}},
                    {"eventTime", MicroTime()},
                    {"reportingController", event.reporter},
                    {"reportingInstance", event.instance.substr(0, kMostInstance)},
                    {"action", "Networking"},
                    {"reason", event.reason},
                    {"note", CutTo(event.note, kMostNote)},
                    {"type", event.warning ? "Warning" : "Normal"}};
  const Ref& ref = event.regarding;
  // The UID of a Node in events is its name (kubelet's custom, which kubectl describe knows).
  body["regarding"] = {{"apiVersion", ApiVersion(ref.kind)},
                       {"kind", Name(ref.kind)},
                       {"name", ref.key},
                       {"uid", ref.key}};
  const uint64_t number = ++report_number_;
  reports_[number] = client_.Ask({.method = "POST",
                                  .path = "/apis/events.k8s.io/v1/namespaces/default/events",
                                  .content_type = "application/json",
                                  .body = json::serialize(body)},
                                 [this, number](const Result<ApiClient::Answer>& answer) {
                                   if (answer && answer->head.status >= 300)
                                     log::Debug("event: {}", answer->body);
                                   reports_.erase(number);
                                 });
}

void Api::Enqueue(const Ref& ref, std::shared_ptr<Write> write) {
  if (auto good = CheckWrite(ref); !good) {
    write->result = good;
    refused_.push_back(std::move(write));
    return refuse_.Start(milliseconds(0));
  }
  write->object = ref.ToString();
  auto& queue = writes_[ref];
  queue.push_back(std::move(write));
  if (queue.size() == 1) Go(ref);
}

void Api::Refuse() {
  for (const auto& write : std::exchange(refused_, {}))
    if (write->done) write->done(write->result);
}

void Api::Go(const Ref& ref) {
  Write& write = *writes_.at(ref).front();
  write.exchange =
      client_.Ask(write.calls.front(), [this, ref](const auto& answer) { Answered(ref, answer); });
}

void Api::Answered(const Ref& ref, const Result<ApiClient::Answer>& answer) {
  const std::shared_ptr<Write> write = writes_.at(ref).front();
  const bool deletes = write->calls.front().method == "DELETE";
  write->calls.pop_front();
  if (!answer) {
    write->result = Wrap(write->object, answer.error());
  } else if (answer->head.status >= 300 && !(deletes && answer->head.status == 404)) {
    const auto status = ParseStatus(answer->body);
    write->result =
        Fail("{}: {}", write->object,
             status ? status->message : fmt::format("HTTP status {}", answer->head.status));
  }
  if (write->result && !write->calls.empty()) return Go(ref);
  auto& queue = writes_.at(ref);
  queue.pop_front();
  queue.empty() ? writes_.erase(ref), void() : Go(ref);
  if (write->done) write->done(write->result);
}

}  // namespace

std::unique_ptr<Source> OpenApi(io::Loop& loop, ApiClient& client, ApiOptions options) {
  return std::make_unique<Api>(loop, client, std::move(options));
}

}  // namespace kvs::kube
