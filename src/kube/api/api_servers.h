#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/blocking_task.h"
#include "io/loop.h"
#include "kube/api/api_client.h"

namespace kvs::kube {

// Learns the addresses of all API servers from EndpointSlice default/kubernetes, which the servers
// maintain, and stores them in a file. So a program that starts while one server is away, or while
// Services don't work yet, finds another.
class ApiServers {
 public:
  // The addresses in the file; empty if there is none.
  static std::vector<std::string> Known(const std::string& file);

  // An empty `file` means that nothing is stored.
  ApiServers(io::Loop& loop, ApiClient& client, std::string file);
  ApiServers(const ApiServers&) = delete;
  ApiServers& operator=(const ApiServers&) = delete;

 private:
  void Ask();
  void Take(const std::string& body);

  io::Loop& loop_;
  ApiClient& client_;
  std::string file_;
  io::Timer ask_;
  std::vector<std::string> kept_;
  std::unique_ptr<io::HttpExchange> exchange_;
  std::unique_ptr<io::BlockingTask> writing_;
};

}  // namespace kvs::kube
