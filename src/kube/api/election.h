#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/outage.h"
#include "io/loop.h"
#include "kube/api/api_client.h"

namespace kvs::kube {

// One of several equal programs leads: who holds the Lease (coordination.k8s.io/v1). The rules and
// the times are those of client-go (tools/leaderelection): a lease lasts 15 s after its last
// renewal, as this process saw it, so clocks need not agree; the holder renews it every 2 s, and
// stops leading if that hasn't worked for 10 s. It asks by a client of its own: what waits for its
// turn in the program's may wait for longer than a lease lasts.
class Election {
 public:
  struct Handlers {
    std::function<void()> on_lead;
    std::function<void()> on_lose;  // stop at once
  };

  // `identity` tells the candidates apart, also after a restart of one. `like` must outlive it: the
  // lease is where that client asks, with its credentials.
  Election(io::Loop& loop, const ApiClient& like, std::string ns, std::string name,
           std::string identity, Handlers handlers);
  Election(const Election&) = delete;
  Election& operator=(const Election&) = delete;

  bool leading() const { return leading_; }
  const std::string& holder() const { return seen_holder_; }
  const RequestCounts& requests() const { return client_.requests(); }

  // Gives the lease back, so that another leads at once, and calls `done` in any case within 2 s.
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
