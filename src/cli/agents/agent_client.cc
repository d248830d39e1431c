#include "cli/agents/agent_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "base/printable.h"

namespace kvs::cli {
namespace {

constexpr std::string_view kFirst = "kvs-answer ";

size_t Append(char* bytes, size_t one, size_t size, void* body) {
  auto* const all = static_cast<std::string*>(body);
  if (all->size() + one * size > kMostAnswer) return CURL_WRITEFUNC_ERROR;
  all->append(bytes, one * size);
  return one * size;
}

}  // namespace

std::string Answer::ToWire() const {
  return fmt::format("{}{} {}\n{}", kFirst, status, body.size(), body);
}

Result<Answer> Answer::FromWire(std::string_view wire) {
  if (!wire.starts_with(kFirst))
    return Fail("kvs in the agent's pod answered: {}", CutTo(wire, 80));
  wire.remove_prefix(kFirst.size());
  Answer answer;
  size_t size = 0;
  const char* end = wire.data() + wire.size();
  auto read = std::from_chars(wire.data(), end, answer.status);
  if (read.ptr != end) read = std::from_chars(read.ptr + 1, end, size);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '\n')
    return Fail("kvs in the agent's pod answered: {}", CutTo(wire, 80));
  answer.body = wire.substr(static_cast<size_t>(read.ptr + 1 - wire.data()));
  if (answer.body.size() == size) return answer;
  return Fail("the answer has {} of {} bytes: the connection broke; try again", answer.body.size(),
              size);
}

Result<Answer> AskAgent(const std::string& socket, const std::string& path,
                        const std::string& method) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (!curl) return Fail("libcurl does not start");
  Answer answer;
  const std::string url = "http://agent" + path;
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode failed = curl_easy_perform(curl.get());
  if (failed == CURLE_WRITE_ERROR)
    return Fail("the agent on {} answers with more than {} MiB, the limit", socket,
                kMostAnswer >> 20);
  if (failed != CURLE_OK) {
    return Fail(
        "no agent on {}: {}; the k-vswitchd agent isn't running or ready on this node, or listens "
        "elsewhere (--socket)",
        socket, curl_easy_strerror(failed));
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace kvs::cli
