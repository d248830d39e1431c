#include "openflow/session.h"

#include <utility>

#include "base/log.h"
#include "openflow/describe.h"
#include "openflow/error.h"

namespace kvs::openflow {
namespace {

using std::chrono::milliseconds;

// Limit of unsent bytes; above it nothing more is encoded.
constexpr size_t kHighWater = 512 * 1024;
constexpr size_t kChunk = 128 * 1024;
constexpr int kDeadAfter = 3;  // probe intervals
constexpr uint16_t kVersionBitmap = 1;
constexpr uint32_t kPacketInFormat2 = 2;

// The highest version a hello offers, or kVersion if that is among them.
int OfferedVersion(const Message& hello) {
  Reader body = hello.body;
  while (body.more()) {
    Reader value;
    if (Property::Read(body, value) != kVersionBitmap) continue;
    const uint32_t bitmap = value.U32();
    if ((bitmap >> kVersion & 1) != 0) return kVersion;
    int highest = 31;
    while (highest > 0 && (bitmap >> highest & 1) == 0) --highest;
    return highest;
  }
  return hello.version >= kVersion ? kVersion : hello.version;
}

}  // namespace

Session::Session(io::Loop& loop, std::string path, Connection::Handlers handlers,
                 Connection::Options options)
    : loop_(loop),
      path_(std::move(path)),
      handlers_(std::move(handlers)),
      options_(options),
      reconnect_(loop, [this] { Connect(); }),
      probe_(loop, [this] { Probe(); }),
      refuse_(loop,
              [this] {
                if (!up_) FailAll(Error{"not connected: " + last_reason_});
              }),
      backoff_(milliseconds(50), milliseconds(2000)),
      last_reason_("connecting to " + path_) {}

void Session::Connect() {
  framer_ = Framer();
  silent_ = 0;
  stream_ =
      io::Stream::Connect(loop_, path_,
                          {.on_data = [this](std::span<const uint8_t> bytes) { Receive(bytes); },
                           .on_close = [this](const Error& error) { Down(error.message); },
                           .on_drain =
                               [this] {
                                 const auto keep = shared_from_this();
                                 Pump();
                               }});
  {
    const Envelope hello(out_, MessageType::kHello, NextXid());
    const Property versions(out_, kVersionBitmap);
    out_.U32(1u << kVersion);
  }
  Flush();
  probe_.StartRepeating(options_.probe_interval);
}

void Session::Close() {
  closed_ = true;
  up_ = false;
  stream_.reset();
  reconnect_.Stop();
  probe_.Stop();
  refuse_.Stop();
}

void Session::Enqueue(Operation operation) {
  waiting_.push_back(std::move(operation));
  if (up_)
    Pump();
  else
    refuse_.Start(milliseconds(0));
}

void Session::Apply(std::vector<Change> changes, size_t bundle_size, BundleRun::Done done) {
  auto run =
      std::make_unique<BundleRun>(std::move(changes), bundle_size, bundle_id_, std::move(done));
  bundle_id_ += run->bundles();
  Enqueue(std::move(run));
}

void Session::Send(const std::function<void(uint32_t xid, Writer&)>& write) {
  if (!up_) return;
  write(NextXid(), out_);
  Flush();
}

void Session::Flush() {
  if (stream_ && out_.size() > 0) stream_->Write(out_.bytes());
  out_.Clear();
}

// Writes what can be written now.
void Session::Pump() {
  while (up_ && !waiting_.empty() && stream_->pending() < kHighWater) {
    if (auto* run = std::get_if<std::unique_ptr<BundleRun>>(&waiting_.front())) {
      if (!PumpBundle(**run)) return;
      continue;
    }
    const uint32_t xid = NextXid();
    Request request = std::move(std::get<Request>(waiting_.front()));
    waiting_.pop_front();
    request.write(xid, out_);
    pending_.emplace(xid, std::move(request));
    Flush();
  }
}

// False if there is nothing to do before the switch answers.
bool Session::PumpBundle(BundleRun& run) {
  if (run.finished()) {
    const auto ended = std::get<std::unique_ptr<BundleRun>>(std::move(waiting_.front()));
    waiting_.pop_front();
    ended->Report();
    return true;
  }
  run.Write(out_, kChunk);
  const bool wrote = out_.size() > 0;
  Flush();
  return wrote;
}

void Session::Receive(std::span<const uint8_t> bytes) {
  const auto keep = shared_from_this();
  silent_ = 0;
  framer_.Append(bytes);
  while (const auto message = framer_.Next()) {
    Dispatch(*message);
    if (!stream_) return;
  }
  if (framer_.broken()) return Down("the peer does not speak OpenFlow");
  Pump();
}

void Session::Dispatch(const Message& message) {
  if (message.type == MessageType::kHello) return ReceiveHello(message);
  if (message.type == MessageType::kError) return ReceiveError(message);
  if (message.version != kVersion)
    return Down(fmt::format("received a message of OpenFlow version {}", message.version));
  switch (message.type) {
    case MessageType::kEchoRequest: {
      Reader body = message.body;
      const Envelope reply(out_, MessageType::kEchoReply, message.xid);
      out_.Bytes(body.Text(body.left()));
      break;
    }
    case MessageType::kFeaturesReply:
      return ReceiveFeatures(message);
    case MessageType::kMultipartReply:
      if (Reader body = message.body; static_cast<Multipart>(body.U16()) == Multipart::kFlowMonitor)
        return ReceiveEvents(body);
      return ReceiveReply(message);
    case MessageType::kBarrierReply:
    case MessageType::kBundleControl:
      return ReceiveReply(message);
    default:
      return ReceiveAsync(message);
  }
  Flush();
}

void Session::ReceiveHello(const Message& message) {
  if (up_) return;
  if (const int offered = OfferedVersion(message); offered != kVersion)
    return Down(fmt::format(
        "the switch offers OpenFlow version {} at most, and not 1.5 (6): add OpenFlow15 "
        "to the bridge's protocols",
        offered));
  Greet();
}

// Sends our settings before the first operation; the switch answers in order.
void Session::Greet() {
  {
    const Envelope config(out_, MessageType::kSetConfig, NextXid());
    out_.U16(0);
    out_.U16(0xffff);  // miss_send_len: without it, a socket like this gets no packets at all
  }
  {
    const Envelope format(out_, MessageType::kExperimenter, NextXid());
    out_.U32(kNicira);
    out_.U32(static_cast<uint32_t>(NiciraMessage::kSetPacketInFormat));
    out_.U32(kPacketInFormat2);
  }
  if (options_.watch_flows) RequestFlowMonitor(NextXid(), out_);
  { const Envelope features(out_, MessageType::kFeaturesRequest, NextXid()); }
  Flush();
}

void Session::ReceiveFeatures(const Message& message) {
  if (up_) return;
  Reader body = message.body;
  datapath_id_ = body.U64();
  if (!body.ok()) return Down("the switch's features are cut off");
  up_ = true;
  last_reason_.clear();
  backoff_.Reset();
  if (handlers_.on_up) handlers_.on_up(datapath_id_);
}

void Session::ReceiveError(const Message& message) {
  const SwitchError error = ReadError(message.body);
  if (!up_ && error.hello_failed())
    return Down("the switch refuses OpenFlow 1.5: add OpenFlow15 to the bridge's protocols");
  if (BundleRun::Owns(message.xid) || pending_.contains(message.xid)) return ReceiveReply(message);
  log::Warning("{}: the switch refused a message: {}", path_, error.ToString());
}

// Of an operation.
void Session::ReceiveReply(const Message& message) {
  if (BundleRun::Owns(message.xid)) {
    if (waiting_.empty()) return;
    if (auto* run = std::get_if<std::unique_ptr<BundleRun>>(&waiting_.front())) {
      (*run)->Receive(message);
      Pump();
    }
    return;
  }
  const auto found = pending_.find(message.xid);
  if (found == pending_.end()) return;
  auto node = pending_.extract(found);  // its callbacks may end the connection
  const Request& request = node.mapped();
  if (message.type == MessageType::kError)
    return request.done(Fail("the switch refused: {}", ReadError(message.body).ToString()));
  const Result<bool> last = request.on_reply(message);
  if (closed_) return;
  if (!last)
    request.done(tl::unexpected(last.error()));
  else if (*last)
    request.done({});
  else
    pending_.insert(std::move(node));
}

void Session::ReceiveEvents(Reader body) {
  body.Skip(6);
  std::vector<FlowEvent> events;
  if (const auto ok = ReadFlowEvents(body, events); !ok)
    log::Warning("{}: {}", path_, ok.error().message);
  for (const FlowEvent& event : events) {
    if (closed_ || !handlers_.on_flow_event) return;
    handlers_.on_flow_event(event);
  }
}

void Session::ReceiveAsync(const Message& message) {
  const auto give = [this](const auto& read, const auto& handler) {
    if (!read)
      log::Warning("{}: {}", path_, read.error().message);
    else if (handler)
      handler(*read);
  };
  if (message.type == MessageType::kPortStatus)
    return give(ReadPortStatus(message.body), handlers_.on_port_status);
  if (message.type == MessageType::kFlowRemoved)
    return give(ReadFlowRemoved(message.body), handlers_.on_flow_removed);
  Reader body = message.body;
  if (message.type == MessageType::kExperimenter && body.U32() == kNicira &&
      body.U32() == static_cast<uint32_t>(NiciraMessage::kPacketIn))
    give(ReadPacketIn(body), handlers_.on_packet_in);
}

void Session::Probe() {
  const auto keep = shared_from_this();
  ++silent_;
  if (silent_ >= kDeadAfter)
    return Down(fmt::format("no answer for {} ms", options_.probe_interval.count() * kDeadAfter));
  if (!up_ || silent_ != 1) return;
  { const Envelope echo(out_, MessageType::kEchoRequest, NextXid()); }
  Flush();
}

void Session::Down(const std::string& reason) {
  const auto keep = shared_from_this();
  const bool news = up_ || reason != last_reason_;
  up_ = false;
  last_reason_ = reason;
  stream_.reset();
  out_.Clear();
  probe_.Stop();
  reconnect_.Start(backoff_.Next());
  FailAll(Error{"the connection to the switch was lost: " + reason});
  if (!closed_ && news && handlers_.on_down) handlers_.on_down(Error{path_ + ": " + reason});
}

void Session::FailAll(const Error& error) {
  const auto keep = shared_from_this();
  const auto pending = std::exchange(pending_, {});
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [xid, request] : pending) {
    if (closed_) return;
    request.done(tl::unexpected(error));
  }
  for (const Operation& operation : waiting) {
    if (closed_) return;
    if (const auto* request = std::get_if<Request>(&operation))
      request->done(tl::unexpected(error));
    else
      std::get<std::unique_ptr<BundleRun>>(operation)->Report(error);
  }
}

}  // namespace kvs::openflow
