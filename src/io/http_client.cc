#include "io/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <map>

namespace kvs::io {
namespace {

constexpr long kConnectMs = 5000;
constexpr int kSilenceMs = 20000;  // until unacknowledged bytes end the connection
constexpr int kKeepaliveIdle = 10, kKeepaliveInterval = 5, kKeepaliveCount = 3;  // s, s, probes

// libcurl requires an initialization once per process.
void StartLibrary() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

int TuneSocket(void*, curl_socket_t fd, curlsocktype) {
  const auto set = [&](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdle);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveInterval);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveCount);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kSilenceMs);
  return CURL_SOCKOPT_OK;
}

// Whether libcurl's message contains milliseconds or bytes, which differ each time, or the proxy
// with its password.
bool SendsTooMuch(CURLcode outcome) {
  return outcome == CURLE_COULDNT_CONNECT || outcome == CURLE_OPERATION_TIMEDOUT ||
         outcome == CURLE_PARTIAL_FILE || outcome == CURLE_COULDNT_RESOLVE_PROXY;
}

void Give(CURL* easy, CURLoption option, const std::string& pem) {
  const curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
  if (!pem.empty()) curl_easy_setopt(easy, option, &blob);
}

// As in Go: the proxy resolves the host's name, which libcurl calls socks5h.
std::string ForCurl(const std::string& proxy) {
  constexpr std::string_view kSocks = "socks5://";
  return proxy.starts_with(kSocks) ? "socks5h://" + proxy.substr(kSocks.size()) : proxy;
}

// A URL for messages: user and password are secret, and may contain a '/'.
std::string WithoutUser(const std::string& url) {
  const size_t from = url.find("://") + 3;
  const size_t at = url.rfind('@');
  return at == url.npos || at < from ? url : url.substr(0, from) + url.substr(at + 1);
}

}  // namespace

// One call as libcurl sees it. Data is collected in libcurl's callbacks, and passed on outside of
// them, where handlers may do anything.
struct Transfer {
  Transfer(CURL* made, HttpClient::Handlers calls) : easy(made), handlers(std::move(calls)) {}
  ~Transfer() {
    curl_slist_free_all(headers);
    curl_slist_free_all(connect_to);
    curl_easy_cleanup(easy);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy;
  HttpClient::Handlers handlers;
  std::string what;  // "GET https://..."
  curl_slist* headers = nullptr;
  curl_slist* connect_to = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};

  bool alive = true;  // its owner wants to hear of it
  bool head_came = false, head_told = false, finished = false, has_news = false;
  std::string arrived;
  size_t size = 0, most = 0;  // of the body so far, and at the end; bytes
  CURLcode outcome = CURLE_OK;
};

class HttpClient::Multi : public std::enable_shared_from_this<Multi> {
 public:
  Multi(Loop& loop, TlsIdentity identity, std::string proxy)
      : loop_(loop),
        identity_(std::move(identity)),
        proxy_(std::move(proxy)),
        timer_(loop, [this] { OnTimeout(); }) {
    StartLibrary();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, 250L);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::OnTimer);
  }
  ~Multi() { curl_multi_cleanup(multi_); }

  std::unique_ptr<HttpExchange> Send(const HttpCall& call, Handlers handlers);

 private:
  class Exchange;
  // A socket of libcurl's, watched.
  struct Socket {
    uv_poll_t poll;
    Multi* multi;
    curl_socket_t fd;
  };

  void SetUp(Transfer& transfer, const HttpCall& call) const;
  void SetUpTrust(CURL* easy) const;
  void Remove(const std::shared_ptr<Transfer>& transfer) {
    curl_multi_remove_handle(multi_, transfer->easy);
    transfers_.erase(transfer->easy);
  }
  void Note(Transfer& transfer) {
    if (!std::exchange(transfer.has_news, true)) news_.push_back(transfers_.at(transfer.easy));
  }
  // From within libcurl's callbacks.
  static void NoteTo(Transfer& transfer) {
    Multi* multi = nullptr;
    curl_easy_getinfo(transfer.easy, CURLINFO_PRIVATE, &multi);
    multi->Note(transfer);
  }
  void OnTimeout() { Act(CURL_SOCKET_TIMEOUT, 0); }
  void Act(curl_socket_t fd, int events);
  void Notify(Transfer& transfer);

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* multi, void* socket);
  static int OnTimer(CURLM*, long ms, void* multi) {
    Timer& timer = static_cast<Multi*>(multi)->timer_;
    ms < 0 ? timer.Stop() : timer.Start(std::chrono::milliseconds(ms));
    return 0;
  }
  static size_t OnHeader(char* bytes, size_t one, size_t count, void* transfer);
  static size_t OnBody(char* bytes, size_t one, size_t count, void* transfer);

  Loop& loop_;
  TlsIdentity identity_;
  std::string proxy_;
  Timer timer_;
  CURLM* multi_;
  std::map<CURL*, std::shared_ptr<Transfer>> transfers_;
  std::vector<std::weak_ptr<Transfer>> news_;
};

class HttpClient::Multi::Exchange : public HttpExchange {
 public:
  Exchange(std::shared_ptr<Multi> multi, std::shared_ptr<Transfer> transfer)
      : multi_(std::move(multi)), transfer_(std::move(transfer)) {}
  ~Exchange() override {
    transfer_->alive = false;
    multi_->Remove(transfer_);
  }

 private:
  std::shared_ptr<Multi> multi_;
  std::shared_ptr<Transfer> transfer_;
};

std::unique_ptr<HttpExchange> HttpClient::Multi::Send(const HttpCall& call, Handlers handlers) {
  const auto transfer = std::make_shared<Transfer>(curl_easy_init(), std::move(handlers));
  transfer->what = fmt::format("{} {}", call.method, call.url.substr(0, call.url.find('?')));
  if (!proxy_.empty()) transfer->what += " through " + WithoutUser(proxy_);
  transfer->most = call.most;
  SetUp(*transfer, call);
  curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, this);
  transfers_.emplace(transfer->easy, transfer);
  curl_multi_add_handle(multi_, transfer->easy);
  return std::make_unique<Exchange>(shared_from_this(), transfer);
}

void HttpClient::Multi::SetUp(Transfer& transfer, const HttpCall& call) const {
  CURL* easy = transfer.easy;
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  std::string url = call.url;
  if (!identity_.server_name.empty()) {  // the name is the URL's host, for TLS; the host is dialled
    const size_t from = url.find("://") + 3, to = std::min(url.find('/', from), url.size());
    const std::string host = url.substr(from, to - from);
    const size_t colon = host.rfind(':');
    const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
    const std::string port = has_port ? host.substr(colon) : ":443";
    transfer.connect_to = curl_slist_append(
        nullptr, fmt::format("::{}{}", host.substr(0, has_port ? colon : host.npos), port).c_str());
    set(CURLOPT_CONNECT_TO, transfer.connect_to);
    url.replace(from, to - from, identity_.server_name + port);
  }
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
  for (const std::string& header : call.headers)
    transfer.headers = curl_slist_append(transfer.headers, header.c_str());
  transfer.headers = curl_slist_append(transfer.headers, "Expect:");
  set(CURLOPT_HTTPHEADER, transfer.headers);
  if (!call.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    set(CURLOPT_COPYPOSTFIELDS, call.body.c_str());
  }
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PIPEWAIT, 1L);
  set(CURLOPT_FRESH_CONNECT, call.fresh_connection ? 1L : 0L);
  set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  set(CURLOPT_SOCKOPTFUNCTION, &TuneSocket);
  set(CURLOPT_ERRORBUFFER, transfer.error.data());
  set(CURLOPT_HEADERFUNCTION, &Multi::OnHeader);
  set(CURLOPT_HEADERDATA, &transfer);
  set(CURLOPT_WRITEFUNCTION, &Multi::OnBody);
  set(CURLOPT_WRITEDATA, &transfer);
  SetUpTrust(easy);
}

void HttpClient::Multi::SetUpTrust(CURL* easy) const {
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  const auto trust = [&](CURLoption peer, CURLoption host, CURLoption ca, CURLoption certificate,
                         CURLoption key) {
    set(peer, identity_.insecure ? 0L : 1L);
    set(host, identity_.insecure ? 0L : 2L);
    Give(easy, ca, identity_.ca);
    Give(easy, certificate, identity_.certificate);
    Give(easy, key, identity_.key);
  };
  trust(CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST, CURLOPT_CAINFO_BLOB, CURLOPT_SSLCERT_BLOB,
        CURLOPT_SSLKEY_BLOB);
  if (proxy_.empty()) return;
  trust(CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST, CURLOPT_PROXY_CAINFO_BLOB,
        CURLOPT_PROXY_SSLCERT_BLOB, CURLOPT_PROXY_SSLKEY_BLOB);
  set(CURLOPT_PROXY, ForCurl(proxy_).c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

int HttpClient::Multi::OnSocket(CURL*, curl_socket_t fd, int what, void* data, void* known) {
  auto* multi = static_cast<Multi*>(data);
  auto* socket = static_cast<Socket*>(known);
  if (what == CURL_POLL_REMOVE) {
    if (socket == nullptr) return 0;
    curl_multi_assign(multi->multi_, fd, nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&socket->poll),
             [](uv_handle_t* handle) { delete static_cast<Socket*>(handle->data); });
    return 0;
  }
  if (socket == nullptr) {
    socket = new Socket{{}, multi, fd};
    if (uv_poll_init_socket(multi->loop_.native(), &socket->poll, fd) != 0) {
      delete socket;
      return -1;
    }
    socket->poll.data = socket;
    curl_multi_assign(multi->multi_, fd, socket);
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                     ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(&socket->poll, events, [](uv_poll_t* poll, int status, int happened) {
    auto* ready = static_cast<Socket*>(poll->data);
    // Also after an error: there may be data before it, and the error must be read.
    if (status < 0) happened = UV_READABLE | UV_WRITABLE;
    ready->multi->Act(ready->fd, ((happened & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                     ((happened & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0));
  });
  return 0;
}

size_t HttpClient::Multi::OnHeader(char* bytes, size_t one, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  const std::string_view line(bytes, one * count);
  if (status >= 200 && (line == "\r\n" || line == "\n")) {
    transfer.head_came = true;
    NoteTo(transfer);
  }
  return one * count;
}

size_t HttpClient::Multi::OnBody(char* bytes, size_t one, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  transfer.size += one * count;
  if (transfer.most != 0 && transfer.size > transfer.most) return CURL_WRITEFUNC_ERROR;
  transfer.arrived.append(bytes, one * count);
  NoteTo(transfer);
  return one * count;
}

void HttpClient::Multi::Act(curl_socket_t fd, int events) {
  const auto keep = shared_from_this();
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer& transfer = *transfers_.at(message->easy_handle);
    transfer.finished = true;
    transfer.outcome = message->data.result;
    Note(transfer);
  }
  for (const auto& weak : std::exchange(news_, {})) {
    const auto transfer = weak.lock();
    if (transfer && std::exchange(transfer->has_news, false)) Notify(*transfer);
  }
}

// The owner may be destroyed in each call.
void HttpClient::Multi::Notify(Transfer& transfer) {
  if (transfer.alive && transfer.head_came && !std::exchange(transfer.head_told, true)) {
    HttpHead head;
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    head.status = static_cast<int>(status);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RETRY_AFTER, &retry_after);
    constexpr curl_off_t kDay = 24 * 60 * 60;  // an absurd one must not overflow milliseconds
    head.retry_after = std::chrono::seconds(std::min(retry_after, kDay));
    const char* type = nullptr;
    curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) head.content_type = type;
    const char* peer = nullptr;
    curl_easy_getinfo(transfer.easy, CURLINFO_PRIMARY_IP, &peer);
    if (peer != nullptr) head.peer = peer;
    curl_header* date = nullptr;
    if (curl_easy_header(transfer.easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
      head.date = std::max<std::time_t>(curl_getdate(date->value, nullptr), 0);
    if (transfer.handlers.on_head) transfer.handlers.on_head(head);
  }
  if (transfer.alive && !transfer.arrived.empty()) {
    const std::string data = std::exchange(transfer.arrived, {});
    if (transfer.handlers.on_data) transfer.handlers.on_data(data);
  }
  if (!transfer.alive || !transfer.finished) return;
  if (transfer.outcome == CURLE_OK && transfer.head_came) return transfer.handlers.on_done({});
  std::string why = transfer.error.data();
  if (transfer.most != 0 && transfer.size > transfer.most)
    why = fmt::format("the answer has more than the maximum of {} MiB", transfer.most >> 20);
  else if (transfer.outcome == CURLE_OK)  // libcurl accepts a head that is cut off
    why = "the connection was closed within the head of the answer";
  else if (why.empty() || SendsTooMuch(transfer.outcome))
    why = curl_easy_strerror(transfer.outcome);
  transfer.handlers.on_done(Fail("{}: {}", transfer.what, why));
}

HttpClient::HttpClient(Loop& loop, TlsIdentity identity, std::string proxy)
    : multi_(std::make_shared<Multi>(loop, std::move(identity), std::move(proxy))) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpExchange> HttpClient::Send(const HttpCall& call, Handlers handlers) {
  return multi_->Send(call, std::move(handlers));
}

}  // namespace kvs::io
