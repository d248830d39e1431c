#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/blocking_task.h"
#include "io/loop.h"
#include "kube/api/api_client.h"

namespace kvs::kube {

// Learns where all API servers are, from EndpointSlice default/kubernetes, which they keep
// themselves, and keeps that in a file: a program that starts while one of them is away, or before
// anybody serves Services, finds another.
class ApiServers {
 public:
  // What the file said last; nothing if there is none.
  static std::vector<std::string> Known(const std::string& file);

  // `file` empty: kept nowhere.
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
