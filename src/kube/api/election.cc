#include "kube/api/election.h"

#include <boost/json.hpp>

#include "base/log.h"
#include "kube/codec/list_watch.h"
#include "kube/object/time.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr int kLeaseSeconds = 15;
constexpr milliseconds kLease{1000 * kLeaseSeconds}, kRenewDeadline{10000}, kRetry{2000};
constexpr milliseconds kAnswer{5000}, kFarewell{2000};

std::string Text(const json::value& from, std::string_view pointer) {
  json::error_code error;
  const json::value* found = from.find_pointer(pointer, error);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

int64_t Number(const json::value& from, std::string_view pointer) {
  json::error_code error;
  const json::value* found = from.find_pointer(pointer, error);
  return found && found->is_int64() ? found->get_int64() : 0;
}

}  // namespace

Election::Election(io::Loop& loop, const ApiClient& like, std::string ns, std::string name,
                   std::string identity, Handlers handlers)
    : loop_(loop),
      like_(like),
      client_(loop, like.access()),
      ns_(std::move(ns)),
      name_(std::move(name)),
      identity_(std::move(identity)),
      handlers_(std::move(handlers)),
      retry_(loop, [this] { Try(); }),
      deadline_(loop, [this] { Lose("the lease could not be renewed in time"); }),
      outage_(fmt::format("lease {}/{}", ns_, name_)) {
  Try();
}

void Election::Try() {
  client_.Learn(like_.access().servers);
  exchange_ = client_.Ask(
      {.path = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases/{}", ns_, name_),
       .timeout = kAnswer},
      [this](const Result<ApiClient::Answer>& answer) {
        if (answer && answer->head.status == 200) return Read(*answer);
        if (answer && answer->head.status == 404) return Write("", 0, true);
        Written(answer);
      });
}

void Election::Read(const ApiClient::Answer& answer) {
  json::error_code error;
  const json::value lease = json::parse(answer.body, error);
  const std::string version = Text(lease, "/metadata/resourceVersion");
  const std::string holder = Text(lease, "/spec/holderIdentity");
  if (version != seen_version_) {
    seen_version_ = version;
    seen_at_ = loop_.Now();
    if (std::exchange(seen_holder_, holder) != holder && holder != identity_ && !holder.empty())
      log::Info("lease {}/{}: {} leads", ns_, name_, holder);
  }
  const int64_t transitions = Number(lease, "/spec/leaseTransitions");
  if (holder == identity_) return Write(version, transitions, !leading_);
  if (leading_) Lose(fmt::format("{} has the lease", holder));
  if (resigning_) return;
  const bool free = holder.empty() || loop_.Now() - seen_at_ >= kLease;
  free ? Write(version, transitions + 1, true) : Again();
}

// Creates the lease, or replaces the version that was read: of two candidates, one succeeds.
void Election::Write(const std::string& resource_version, int64_t transitions, bool acquire) {
  if (acquire) acquired_ = MicroTime();
  json::object meta{{"name", name_}, {"namespace", ns_}};
  if (!resource_version.empty()) meta["resourceVersion"] = resource_version;
  json::object spec{{"holderIdentity", resigning_ ? "" : identity_},
                    {"leaseDurationSeconds", resigning_ ? 1 : kLeaseSeconds},
                    {"acquireTime", acquired_},
                    {"renewTime", MicroTime()},
                    {"leaseTransitions", transitions}};
  json::object lease{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}};
  lease["metadata"] = std::move(meta);
  lease["spec"] = std::move(spec);
  const std::string path = fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", ns_);
  const bool create = resource_version.empty();
  exchange_ = client_.Ask({.method = create ? "POST" : "PUT",
                           .path = create ? path : path + "/" + name_,
                           .content_type = "application/json",
                           .body = json::serialize(lease),
                           .timeout = kAnswer},
                          [this](const auto& answer) { Written(answer); });
}

void Election::Written(const Result<ApiClient::Answer>& answer) {
  if (resigning_) return deadline_.Start(milliseconds(0));
  const bool good = answer && answer->head.status < 300;
  std::string trouble;
  if (!answer) {
    trouble = answer.error().message;
  } else if (!good && answer->head.status != 409) {  // 409 Conflict: another was faster
    const auto status = ParseStatus(answer->body);
    trouble = status ? status->message : fmt::format("HTTP status {}", answer->head.status);
  }
  outage_.Note(trouble);
  if (good) {
    deadline_.Start(kRenewDeadline);
    if (!std::exchange(leading_, true)) {
      seen_holder_ = identity_;
      log::Info("lease {}/{}: leading as {}", ns_, name_, identity_);
      handlers_.on_lead();
    }
  }
  Again();
}

void Election::Again() {
  exchange_.reset();
  retry_.Start(kRetry);
}

void Election::Lose(const std::string& why) {
  if (resigning_) {
    exchange_.reset();
    return resigned_();
  }
  deadline_.Stop();
  leading_ = false;
  log::Warning("lease {}/{}: no longer leading: {}", ns_, name_, why);
  handlers_.on_lose();
}

void Election::Resign(std::function<void()> done) {
  retry_.Stop();
  resigning_ = true;
  resigned_ = std::move(done);
  deadline_.Start(leading_ ? kFarewell : milliseconds(0));
  if (leading_) Try();
}

}  // namespace kvs::kube
