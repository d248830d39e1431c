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

// Requests to the API server, whichever of its addresses answers. Credentials are read again every
// minute, and at once when they are refused or the server's certificate is: tokens and authorities
// are rotated. A credential plugin is run again when what it gave has expired or is refused.
// Requests keep to the rate that Kubernetes' own controllers have by default, 20 a second and
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
  // Where the next request goes.
  const std::string& server() const { return access_.servers[server_]; }
  // Of all servers: of one that is named by an address, that, and else the one that answered last.
  std::vector<Ip> Addresses() const;
  // How far the server's clock is ahead of this machine's is told when that becomes another matter:
  // negative if it is behind, zero if by less than kSkew.
  static constexpr std::chrono::seconds kSkew{30};
  void WatchClock(std::function<void(std::chrono::seconds)> on_skew) {
    on_skew_ = std::move(on_skew);
  }
  // Adds addresses learnt since, to be tried after the others.
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
  std::optional<std::chrono::system_clock::time_point> expires_;  // of what it gave
  std::unique_ptr<io::HttpClient> http_;
  std::deque<std::weak_ptr<Request>> waiting_;
  double allowance_ = 0;  // requests that may be made now
  std::chrono::milliseconds counted_at_{0};
  io::Timer pump_;
  RequestCounts requests_;
  std::function<void(std::chrono::seconds)> on_skew_;
  std::chrono::seconds skew_{0};  // as told
};

}  // namespace kvs::kube
