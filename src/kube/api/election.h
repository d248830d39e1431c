#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/outage.h"
#include "io/loop.h"
#include "kube/api/api_client.h"

namespace kvs::kube {

// Elects one of several equal programs as leader: the holder of the Lease (coordination.k8s.io/v1).
// Rules and times are as in client-go (tools/leaderelection): a lease expires 15 s after its last
// renewal as this process observed it, so clocks need not agree; the holder renews it every 2 s,
// and stops leading if renewals have failed for 10 s. It has its own client, because in the
// program's client a request could wait longer than a lease lasts.
class Election {
 public:
  struct Handlers {
    std::function<void()> on_lead;
    std::function<void()> on_lose;  // stop at once
  };

  // `identity` distinguishes the candidates, also after a restart of one. `like` must outlive it:
  // the lease is requested from the same servers with the same credentials.
  Election(io::Loop& loop, const ApiClient& like, std::string ns, std::string name,
           std::string identity, Handlers handlers);
  Election(const Election&) = delete;
  Election& operator=(const Election&) = delete;

  bool leading() const { return leading_; }
  const std::string& holder() const { return seen_holder_; }
  const RequestCounts& requests() const { return client_.requests(); }

  // Releases the lease, so that another candidate leads at once, and calls `done` within 2 s in any
  // case.
  void Resign(std::function<void()> done);

 private:
  void Try();
  void Read(const ApiClient::Answer& answer);
  void Write(const std::string& resource_version, int64_t transitions, bool acquire);
  void Written(const Result<ApiClient::Answer>& answer);
  void Again();
  void Lose(const std::string& why);

  io::Loop& loop_;
  const ApiClient& like_;
  ApiClient client_;
  std::string ns_, name_, identity_;
  Handlers handlers_;
  io::Timer retry_, deadline_;
  bool leading_ = false, resigning_ = false;
  Outage outage_;
  std::string seen_holder_, seen_version_;
  std::string acquired_;  // RFC 3339, when we did
  std::chrono::milliseconds seen_at_{0};
  std::unique_ptr<io::HttpExchange> exchange_;
  std::function<void()> resigned_;
};

}  // namespace kvs::kube
