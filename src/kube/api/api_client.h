#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net.h"
#include "io/http_client.h"
#include "io/process.h"
#include "kube/api/access.h"
#include "kube/source/request_counts.h"

namespace kvs::kube {

// Requests to whichever of the API server's addresses answers. Credentials are read again every
// minute, and at once when they or the server's certificate are refused, because tokens and
// authorities are rotated. A credential plugin runs again when its credentials have expired or are
// refused. Requests are limited to the default rate of Kubernetes' own controllers: 20 per second,
// bursts of 30 (kube-controller-manager --kube-api-qps, --kube-api-burst).
class ApiClient {
 public:
  struct Call {
    std::string method = "GET";
    std::string path;  // with query: "/api/v1/nodes?limit=500"
    std::string accept = "application/json";
    std::string content_type;  // of the body
    std::string body;
    std::chrono::milliseconds timeout{30000};
    bool fresh_connection = false;
    size_t most = io::HttpCall().most;
  };
  using Handlers = io::HttpClient::Handlers;

  ApiClient(io::Loop& loop, Access access);
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  // As HttpClient::Send(). The client must outlive the exchange.
  [[nodiscard]] std::unique_ptr<io::HttpExchange> Send(Call call, Handlers handlers);

  // The whole answer of a short call.
  struct Answer {
    io::HttpHead head;
    std::string body;
  };
  using OnAnswer = std::function<void(const Result<Answer>&)>;
  [[nodiscard]] std::unique_ptr<io::HttpExchange> Ask(Call call, OnAnswer on_answer);

  const Access& access() const { return access_; }
  const RequestCounts& requests() const { return requests_; }
  // The server that gets the next request.
  const std::string& server() const { return access_.servers[server_]; }
  // The addresses of all servers: the one in the URL, or for a URL with a name the one that
  // answered last.
  std::vector<Ip> Addresses() const;
  // A clock difference from the server is reported when it begins, ends or changes by kSkew: how
  // far the server's clock is ahead of this machine's; negative if behind, zero if by less than
  // kSkew.
  static constexpr std::chrono::seconds kSkew{30};
  void WatchClock(std::function<void(std::chrono::seconds)> on_skew) {
    on_skew_ = std::move(on_skew);
  }
  // Adds addresses found later; they are tried after the others.
  void Learn(const std::vector<std::string>& servers);

 private:
  struct Request;
  class Exchange;

  void Pump();
  void Start(const std::shared_ptr<Request>& request);
  void Refused(const std::string& server);
  void Fail(const Request& request, const Result<>& why);
  void CompareClocks(std::time_t servers);
  Result<> LoadCredentials();
  bool Stale() const;
  void Become(io::TlsIdentity identity);
  void RunPlugin();
  Result<> TakePluginsAnswer(const std::string& output);

  io::Loop& loop_;
  Access access_;
  size_t server_ = 0;
  std::map<std::string, Ip> answered_;  // by server
  io::TlsIdentity identity_;
  std::string token_;
  bool loaded_ = false;
  std::chrono::milliseconds loaded_at_{0};
  std::unique_ptr<io::Process> plugin_;
  std::optional<std::chrono::milliseconds> expires_;  // of the plugin's credentials
  std::unique_ptr<io::HttpClient> http_;
  std::deque<std::weak_ptr<Request>> waiting_;
  double allowance_ = 0;  // requests that may be made now
  std::chrono::milliseconds counted_at_{0};
  io::Timer pump_;
  RequestCounts requests_;
  std::function<void(std::chrono::seconds)> on_skew_;
  std::chrono::seconds skew_{0};  // as reported
};

}  // namespace kvs::kube
