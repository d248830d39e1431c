#include "kube/api/api_servers.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/log.h"
#include "base/net.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kFirst{2000}, kAgain{300000};
constexpr char kPath[] = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";

// "https://10.0.0.1:6443" of each endpoint; unparseable parts are left out.
std::vector<std::string> Urls(const json::value& slice) {
  std::vector<std::string> urls;
  json::error_code error;
  const json::value* port = slice.find_pointer("/ports/0/port", error);
  const json::value* endpoints = slice.find_pointer("/endpoints", error);
  if (!port || !port->is_int64() || !endpoints || !endpoints->is_array()) return urls;
  for (const json::value& endpoint : endpoints->get_array()) {
    const json::value* address = endpoint.find_pointer("/addresses/0", error);
    if (!address || !address->is_string()) continue;
    const auto ip = Ip::Parse(std::string(address->get_string()));
    if (!ip) continue;
    urls.push_back(ip->is6() ? fmt::format("https://[{}]:{}", *ip, port->get_int64())
                             : fmt::format("https://{}:{}", *ip, port->get_int64()));
  }
  std::ranges::sort(urls);
  return urls;
}

}  // namespace

std::vector<std::string> ApiServers::Known(const std::string& file) {
  std::vector<std::string> urls;
  std::istringstream lines(ReadFile(file).value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("https://")) urls.push_back(line);
  return urls;
}

ApiServers::ApiServers(io::Loop& loop, ApiClient& client, std::string file)
    : loop_(loop),
      client_(client),
      file_(std::move(file)),
      ask_(loop, [this] { Ask(); }),
      kept_(Known(file_)) {
  ask_.Start(kFirst);
}

void ApiServers::Ask() {
  exchange_ = client_.Ask({.path = kPath}, [this](const Result<ApiClient::Answer>& answer) {
    if (answer && answer->head.status == 200) Take(answer->body);
    exchange_.reset();
  });
  ask_.Start(kAgain);
}

void ApiServers::Take(const std::string& body) {
  json::error_code error;
  const auto urls = Urls(json::parse(body, error));
  if (urls.empty()) return;
  client_.Learn(urls);
  if (file_.empty() || std::exchange(kept_, urls) == urls || writing_) return;
  std::string text;
  for (const std::string& url : urls) text += url + "\n";
  const auto result = std::make_shared<Result<>>();
  writing_ = io::BlockingTask::Run(
      loop_,
      [result, file = file_, text] {
        mkdir(std::filesystem::path(file).parent_path().c_str(), 0700);
        *result = WriteFile(file, text);
      },
      [this, result] {
        writing_.reset();
        if (!*result) log::Warning("API servers' addresses: {}", result->error().message);
      });
}

}  // namespace kvs::kube
