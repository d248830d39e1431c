#include "kube/api/api_client.h"

#include <algorithm>
#include <optional>

#include "base/version.h"

namespace kvs::kube {
namespace {

using std::chrono::milliseconds, std::chrono::system_clock;

constexpr double kPerSecond = 20, kBurst = 30;
constexpr milliseconds kReread{60000};
constexpr milliseconds kLeastUse{1000};  // of what a plugin gives

// The host of a URL, if that is an address: "https://[fd00::1]:6443".
std::optional<Ip> AddressIn(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  url = url.substr(0, url.find('/'));
  const bool bracket = url.starts_with('[');
  if (bracket) url.remove_prefix(1);
  const auto ip = Ip::Parse(url.substr(0, url.find(bracket ? ']' : ':')));
  return ip ? std::optional(*ip) : std::nullopt;
}

}  // namespace

struct ApiClient::Request {
  Call call;
  Handlers handlers;
  std::unique_ptr<io::HttpExchange> exchange;  // once it may go
  bool answered = false;
};

class ApiClient::Exchange : public io::HttpExchange {
 public:
  explicit Exchange(std::shared_ptr<Request> request) : request_(std::move(request)) {}

 private:
  std::shared_ptr<Request> request_;
};

ApiClient::ApiClient(io::Loop& loop, Access access)
    : loop_(loop),
      access_(std::move(access)),
      allowance_(kBurst),
      counted_at_(loop.Now()),
      pump_(loop, [this] { Pump(); }) {}

std::unique_ptr<io::HttpExchange> ApiClient::Send(Call call, Handlers handlers) {
  auto request = std::make_shared<Request>(Request{std::move(call), std::move(handlers), {}});
  waiting_.push_back(request);
  if (!pump_.active()) pump_.Start(milliseconds(0));
  return std::make_unique<Exchange>(std::move(request));
}

std::unique_ptr<io::HttpExchange> ApiClient::Ask(Call call, OnAnswer on_answer) {
  const auto answer = std::make_shared<Answer>();
  return Send(std::move(call),
              {.on_head = [answer](const io::HttpHead& head) { answer->head = head; },
               .on_data = [answer](std::string_view data) { answer->body += data; },
               .on_done =
                   [answer, on_answer = std::move(on_answer)](const Result<>& done) {
                     if (!done) return on_answer(tl::unexpected(done.error()));
                     on_answer(std::move(*answer));
                   }});
}

void ApiClient::Pump() {
  const milliseconds now = loop_.Now();
  allowance_ = std::min(
      kBurst, allowance_ + kPerSecond * static_cast<double>((now - counted_at_).count()) / 1000);
  counted_at_ = now;
  while (!waiting_.empty()) {
    if (plugin_) return;  // goes on with its answer
    const auto request = waiting_.front().lock();
    if (request == nullptr) {
      waiting_.pop_front();
      continue;
    }
    if (allowance_ < 1) return pump_.Start(milliseconds(1 + static_cast<int>(1000 / kPerSecond)));
    if (!loaded_ || Stale()) {
      if (const auto loaded = LoadCredentials(); !loaded) {
        waiting_.pop_front();
        Fail(*request, loaded);
        continue;
      }
      if (plugin_) return;
    }
    waiting_.pop_front();
    allowance_ -= 1;
    Start(request);
  }
}

void ApiClient::Start(const std::shared_ptr<Request>& request) {
  const std::string server = access_.servers[server_];
  io::HttpCall call{.method = request->call.method,
                    .url = server + request->call.path,
                    .headers = {"Accept: " + request->call.accept},
                    .body = request->call.body,
                    .timeout = request->call.timeout,
                    .fresh_connection = request->call.fresh_connection,
                    .most = request->call.most};
  call.headers.emplace_back(std::string("User-Agent: k-vswitch/") + kVersion);
  if (!token_.empty()) call.headers.push_back("Authorization: Bearer " + token_);
  if (!request->call.content_type.empty())
    call.headers.push_back("Content-Type: " + request->call.content_type);
  const std::weak_ptr weak = request;  // handlers may destroy the exchange
  request->exchange =
      http_->Send(call, {.on_head =
                             [this, weak, server](const io::HttpHead& head) {
                               const auto alive = weak.lock();
                               alive->answered = true;
                               ++requests_[{alive->call.method, CodeOf(head.status)}];
                               if (const auto peer = Ip::Parse(head.peer))
                                 answered_.insert_or_assign(server, *peer);
                               if (head.status == 401) loaded_ = false;
                               CompareClocks(head.date);
                               if (alive->handlers.on_head) alive->handlers.on_head(head);
                             },
                         .on_data =
                             [weak](std::string_view data) {
                               const auto alive = weak.lock();
                               if (alive->handlers.on_data) alive->handlers.on_data(data);
                             },
                         .on_done =
                             [this, weak, server](const Result<>& done) {
                               const auto alive = weak.lock();
                               if (done || alive->answered) return alive->handlers.on_done(done);
                               Refused(server);
                               Fail(*alive, done);
                             }});
}

// Reports a request without an answer.
void ApiClient::Fail(const Request& request, const Result<>& why) {
  ++requests_[{request.call.method, kNoAnswer}];
  request.handlers.on_done(why);
}

// Takes the next address, and reads the files again, because the authority may have changed.
void ApiClient::Refused(const std::string& server) {
  if (access_.servers[server_] != server) return;  // noticed already
  server_ = (server_ + 1) % access_.servers.size();
  if (!access_.exec) loaded_ = false;
}

void ApiClient::CompareClocks(std::time_t servers) {
  if (servers == 0) return;
  const std::chrono::seconds ahead(servers - std::time(nullptr));
  const auto skew = std::chrono::abs(ahead) < kSkew ? std::chrono::seconds(0) : ahead;
  if ((skew.count() == 0) == (skew_.count() == 0) && std::chrono::abs(skew - skew_) < kSkew) return;
  skew_ = skew;
  if (on_skew_) on_skew_(skew);
}

void ApiClient::Learn(const std::vector<std::string>& servers) {
  for (const std::string& server : servers)
    if (std::ranges::find(access_.servers, server) == access_.servers.end())
      access_.servers.push_back(server);
}

std::vector<Ip> ApiClient::Addresses() const {
  std::vector<Ip> all;
  for (const std::string& server : access_.servers) {
    const auto answered = answered_.find(server);
    if (const auto ip = AddressIn(server))
      all.push_back(*ip);
    else if (answered != answered_.end())
      all.push_back(answered->second);
  }
  return all;
}

Result<> ApiClient::LoadCredentials() {
  loaded_at_ = loop_.Now();
  io::TlsIdentity identity{.server_name = access_.tls_server_name, .insecure = access_.insecure};
  const auto read = [](const Secret& secret, std::string& into) -> Result<> {
    auto text = secret.Read();
    if (!text) return Wrap("credentials", text.error());
    into = std::move(*text);
    return {};
  };
  Result<> all = read(access_.ca, identity.ca);
  if (all) all = read(access_.certificate, identity.certificate);
  if (all) all = read(access_.key, identity.key);
  if (!all) return all;
  if (!access_.exec) {
    auto token = access_.token.ReadToken();
    if (!token) return Wrap("credentials", token.error());
    token_ = std::move(*token);
  }
  if (access_.exec) {  // keeps the plugin's credentials until it returns new ones
    identity.certificate = identity_.certificate;
    identity.key = identity_.key;
  }
  Become(std::move(identity));
  if (access_.exec) RunPlugin();
  loaded_ = true;
  return {};
}

void ApiClient::RunPlugin() {
  plugin_ = io::Process::Run(loop_, CommandOf(*access_.exec), "", [this](const auto& outcome) {
    const auto taken = TakePluginsAnswer(outcome ? outcome->output : outcome.error().message);
    plugin_.reset();
    if (taken) return Pump();
    loaded_ = false;
    for (const auto& weak : std::exchange(waiting_, {}))
      if (const auto request = weak.lock()) Fail(*request, taken);
  });
}

// A plugin with a wrong clock or cache may return expired credentials: they are used for a moment
// nevertheless, as in client-go, so that the plugin does not run endlessly.
Result<> ApiClient::TakePluginsAnswer(const std::string& output) {
  auto given = ReadExecCredential(*access_.exec, output);
  if (!given) return tl::unexpected(given.error());
  token_ = std::move(given->token);
  expires_.reset();
  if (given->expires) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(*given->expires - system_clock::now());
    expires_ = loop_.Now() + std::max(left, kLeastUse);
  }
  io::TlsIdentity identity = identity_;
  identity.certificate = std::move(given->certificate);
  identity.key = std::move(given->key);
  Become(std::move(identity));
  return {};
}

// Connections belong to an identity.
void ApiClient::Become(io::TlsIdentity identity) {
  if (!http_ || identity != identity_)
    http_ = std::make_unique<io::HttpClient>(loop_, identity, access_.proxy);
  identity_ = std::move(identity);
}

bool ApiClient::Stale() const {
  if (access_.exec) return expires_ && loop_.Now() >= *expires_;
  return loop_.Now() - loaded_at_ >= kReread;
}

}  // namespace kvs::kube
