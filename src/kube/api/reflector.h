#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/loop.h"
#include "kube/api/api_client.h"
#include "kube/codec/list_watch.h"

namespace kvs::kube {

// Which objects of a kind; empty strings mean all.
struct Scope {
  std::string ns;
  std::string name;
  std::string labels;  // a selector: "app=web,tier=front"
};

// "/apis/kvswitch.io/v1alpha1/vswitchconfigs", "/api/v1/namespaces/kube-system/configmaps".
std::string CollectionPath(Kind kind, const std::string& ns = "");
// "/api/v1/namespaces/default/pods/a".
std::string ObjectPath(const Ref& ref);
// Escapes text for a part of a path or query (RFC 3986, 2.1).
std::string Escape(std::string_view text);

// How long to wait for a server.
struct Timeouts {
  std::chrono::milliseconds answer{30000};    // for a page, and for a watch to begin
  std::chrono::milliseconds silence{180000};  // in a watch: bookmarks come about once a minute
  std::chrono::milliseconds asked{60000};     // by Retry-After; a proxy may say hours
};

// Follows the objects of one kind on the API server: lists them in pages of 500, then watches from
// there (kubernetes.io/docs/reference/using-api/api-concepts). A watch that ends is continued where
// it was; only after 410 Gone are the objects listed again. It requests bookmarks, so that this is
// rare. A watch without data for 3 minutes is restarted on a new connection. Failures are retried
// after 0.2 to 30 s, or when the server asks for it (after a minute at most).
class Reflector {
 public:
  struct Handlers {
    // All objects: at first, and after a gap.
    std::function<void(std::vector<Decoded>)> on_list;
    // An object was added, modified or deleted.
    std::function<void(WatchEvent)> on_event;
    // Why no objects arrive at present, with a remedy; "" when they arrive again.
    std::function<void(const std::string& trouble)> on_trouble;
  };

  Reflector(io::Loop& loop, ApiClient& client, Kind kind, const Scope& scope,
            const Timeouts& timeouts, Handlers handlers);
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

 private:
  void Next();
  void List();
  void TakePage();
  void Watch();
  void TakeRefusal(std::string_view data);
  Result<> TakeEvent(std::string_view frame);
  void WatchEnded(const Result<>& done);
  void Silent();
  void Relist(const std::string& why);
  void Failed(const std::string& why, std::chrono::milliseconds asked = {});
  void Answered(const io::HttpHead& head);
  std::string Refusal() const;
  std::string Query() const;

  io::Loop& loop_;
  ApiClient& client_;
  Kind kind_;
  Scope scope_;
  Timeouts timeouts_;
  Handlers handlers_;
  io::Timer next_, silence_;
  io::Backoff backoff_;

  std::string resource_version_;  // to watch from; empty: to be listed
  std::string continue_;          // the list's next page
  std::vector<Decoded> listed_;
  io::HttpHead head_;
  std::string body_;  // of a page, or of a refusal
  std::unique_ptr<WatchFrames> frames_;
  std::chrono::milliseconds watch_began_{0};
  bool silent_ = false;  // the last watch delivered nothing in time
  bool got_on_ = false;  // the watch delivered something
  std::unique_ptr<io::HttpExchange> exchange_;
};

}  // namespace kvs::kube
