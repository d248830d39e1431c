#include "kube/codec/list_watch.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <limits>
#include <utility>

#include "kube/codec/json_fields.h"
#include "kube/codec/protobuf.h"
#include "kube/codec/protobuf_fields.h"

namespace kvs::kube {
namespace {

namespace json = boost::json;

// k8s.io/apimachinery/pkg/runtime/serializer/protobuf: before every runtime.Unknown.
constexpr std::string_view kMagic("k8s\0", 4);
constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();

// An object's kind and version, and its bytes or value.
template <class Fields>
struct Envelope {
  std::string version;
  std::string kind;
  typename Fields::Source source;
};

Result<> NoneOf(const Findings& findings) {
  if (findings.problems.empty()) return {};
  return tl::unexpected<Error>({findings.problems.front().ToString()});
}

Result<Envelope<ProtobufFields>> Open(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return Fail("not Kubernetes' protobuf: wrong prefix");
  Findings findings{"runtime.Unknown", {}};
  const ProtobufFields unknown(bytes.substr(kMagic.size()), findings);
  const ProtobufFields type = unknown.Sub({"typeMeta", 1});
  Envelope<ProtobufFields> envelope{{}, {}, unknown.Bytes({"raw", 2})};
  type.Read({"apiVersion", 1}, envelope.version);
  type.Read({"kind", 2}, envelope.kind);
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  return envelope;
}

Result<Envelope<JsonFields>> Open(const json::value& value) {
  Findings findings{"object", {}};
  const JsonFields object(value, findings);
  Envelope<JsonFields> envelope{{}, {}, value};
  object.Read({"apiVersion"}, envelope.version);
  object.Read({"kind"}, envelope.kind);
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  return envelope;
}

// JSON in memory that is freed all at once.
class Document {
 public:
  explicit Document(std::string_view text) : value_(json::parse(text, error_, &memory_)) {}

  Result<const json::value*> value() const {
    if (error_) return Fail("not JSON: {}", error_.message());
    return &value_;
  }

 private:
  json::monotonic_resource memory_;
  json::error_code error_;
  json::value value_;
};

template <class Fields>
Result<> Expect(const Envelope<Fields>& envelope, std::string_view version,
                const std::string& kind) {
  if (envelope.version == version && envelope.kind == kind) return {};
  return Fail("expected {} of {}, got \"{}\" of \"{}\"", kind, version, envelope.kind,
              envelope.version);
}

Decoded DecodeFrom(Kind kind, const json::value& value) { return Decode(kind, value); }
Decoded DecodeFrom(Kind kind, std::string_view bytes) { return DecodeProtobuf(kind, bytes); }

template <class Fields>
Result<ListPage> ReadList(Kind kind, const Envelope<Fields>& body) {
  const std::string name = fmt::format("{}List", Name(kind));
  if (const auto good = Expect(body, ApiVersion(kind), name); !good)
    return tl::unexpected(good.error());
  Findings findings{name, {}};
  ListPage page;
  const Fields list(body.source, findings);
  const Fields meta = list.Sub({"metadata", 1});
  meta.Read({"resourceVersion", 2}, page.resource_version);
  meta.Read({"continue", 3}, page.continue_token);
  list.EachSource({"items", 2}, [&](typename Fields::Source source) {
    Decoded& item = page.items.emplace_back(DecodeFrom(kind, source));
    if (item.ref) return;
    for (Problem& problem : item.problems)
      problem.field = fmt::format("items[{}]{}{}", page.items.size() - 1,
                                  problem.field.empty() ? "" : ".", problem.field);
  });
  if (page.resource_version.empty())  // nobody would know from where to watch; or it is cut off
    list.Report("metadata.resourceVersion", "missing: every list needs one");
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  return page;
}

template <class Fields>
Result<Status> ReadStatus(const Envelope<Fields>& body) {
  if (const auto good = Expect(body, "v1", "Status"); !good) return tl::unexpected(good.error());
  Findings findings{"Status", {}};
  const Fields fields(body.source, findings);
  Status status;
  int64_t code = 0, seconds = 0;
  fields.Read({"message", 3}, status.message);
  fields.Read({"reason", 4}, status.reason);
  fields.Read({"code", 6}, 0, kMostInt, code);
  fields.Sub({"details", 5}).Read({"retryAfterSeconds", 5}, 0, kMostInt, seconds);
  status.code = static_cast<int>(code);
  status.retry_after_seconds = static_cast<int>(seconds);
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  return status;
}

template <class Fields>
Result<WatchEvent> ReadEvent(Kind kind, std::string_view type, const Envelope<Fields>& body) {
  constexpr std::pair<std::string_view, WatchEvent::Type> kTypes[] = {
      {"ADDED", WatchEvent::Type::kAdded},     {"MODIFIED", WatchEvent::Type::kModified},
      {"DELETED", WatchEvent::Type::kDeleted}, {"BOOKMARK", WatchEvent::Type::kBookmark},
      {"ERROR", WatchEvent::Type::kError},
  };
  const auto* known =
      std::ranges::find(kTypes, type, &std::pair<std::string_view, WatchEvent::Type>::first);
  if (known == std::end(kTypes)) return Fail("a watch event of unknown type \"{}\"", type);
  WatchEvent event{.type = known->second};
  if (event.type == WatchEvent::Type::kError) {
    auto status = ReadStatus(body);
    if (!status) return tl::unexpected(status.error());
    event.status = *std::move(status);
    return event;
  }
  if (const auto good = Expect(body, ApiVersion(kind), std::string(Name(kind))); !good)
    return tl::unexpected(good.error());
  // A bookmark is an object with nothing but a version.
  Decoded object = DecodeFrom(kind, body.source);
  event.resource_version = object.resource_version;
  if (event.type != WatchEvent::Type::kBookmark) event.object = std::move(object);
  return event;
}

}  // namespace

std::string_view MediaType(Wire wire, bool watch) {
  if (wire == Wire::kJson) return "application/json";
  return watch ? "application/vnd.kubernetes.protobuf;stream=watch"
               : "application/vnd.kubernetes.protobuf";
}

Result<Status> ParseStatus(std::string_view body) {
  if (body.starts_with(kMagic))
    return Open(body).and_then([](const auto& envelope) { return ReadStatus(envelope); });
  const Document document(body);
  return document.value()
      .and_then([](const json::value* value) { return Open(*value); })
      .and_then([](const auto& envelope) { return ReadStatus(envelope); });
}

Result<ListPage> ParseListProtobuf(Kind kind, std::string_view body) {
  return Open(body).and_then([&](const auto& envelope) { return ReadList(kind, envelope); });
}

Result<ListPage> ParseListJson(Kind kind, std::string_view body) {
  const Document document(body);
  return document.value()
      .and_then([](const json::value* value) { return Open(*value); })
      .and_then([&](const auto& envelope) { return ReadList(kind, envelope); });
}

Result<WatchEvent> ParseWatchEventProtobuf(Kind kind, std::string_view frame) {
  Findings findings{"WatchEvent", {}};
  const ProtobufFields event(frame, findings);
  std::string type;
  event.Read({"type", 1}, type);
  const std::string_view raw = event.Sub({"object", 2}).Bytes({"raw", 1});
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  return Open(raw).and_then([&](const auto& envelope) { return ReadEvent(kind, type, envelope); });
}

Result<WatchEvent> ParseWatchEventJson(Kind kind, std::string_view frame) {
  const Document document(frame);
  const auto value = document.value();
  if (!value) return tl::unexpected(value.error());
  Findings findings{"WatchEvent", {}};
  std::string type;
  JsonFields(**value, findings).Read({"type"}, type);
  if (const auto good = NoneOf(findings); !good) return tl::unexpected(good.error());
  const auto* object = (*value)->get_object().if_contains("object");
  if (!object) return Fail("a watch event without an object");
  return Open(*object).and_then(
      [&](const auto& envelope) { return ReadEvent(kind, type, envelope); });
}

Result<> WatchFrames::Push(std::string_view bytes,
                           const std::function<Result<>(std::string_view frame)>& take) {
  const size_t before = pending_.size();  // in which no line ends
  pending_.append(bytes);
  std::string_view rest = pending_;
  size_t seen = before;
  for (;;) {
    // The frame is rest[begin, begin + length), and the next one begins at `next`.
    size_t begin = 0, length = 0, next = 0;
    if (wire_ == Wire::kJson) {
      length = std::min(rest.find('\n', seen), rest.size());
      next = length + 1;
      seen = 0;
    } else {
      begin = 4;
      if (rest.size() < begin) break;
      for (size_t i = 0; i < begin; ++i) length = length << 8 | static_cast<uint8_t>(rest[i]);
      next = begin + length;
    }
    if (length > kMostFrame)
      return Fail("a watch event of {} MiB; the maximum is {}", length >> 20, kMostFrame >> 20);
    if (rest.size() < next) break;
    const std::string_view frame = rest.substr(begin, length);
    rest.remove_prefix(next);
    if (frame.empty()) continue;
    if (auto good = take(frame); !good) return good;
  }
  pending_.erase(0, pending_.size() - rest.size());
  return {};
}

}  // namespace kvs::kube
