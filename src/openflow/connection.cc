#include "openflow/connection.h"

#include <utility>

#include "openflow/describe.h"
#include "openflow/meter.h"
#include "openflow/session.h"

namespace kvs::openflow {
namespace {

constexpr uint16_t kMoreParts = 1;  // OFPMPF_REPLY_MORE

using Write = std::function<void(uint32_t xid, Writer&)>;
using Part = std::function<Result<>(Reader)>;

// A request that is answered in parts: `part` takes each, `done` is called at the end.
Request InParts(Write write, Part part, std::function<void(Result<>)> done) {
  const auto on_reply = [part = std::move(part)](const Message& message) -> Result<bool> {
    Reader body = message.body;
    body.Skip(2);
    const bool more = (body.U16() & kMoreParts) != 0;
    body.Skip(4);
    if (!body.ok()) return Fail("the switch's answer is cut off");
    if (auto ok = part(body); !ok) return tl::unexpected(ok.error());
    return !more;
  };
  return {std::move(write), on_reply, std::move(done)};
}

// The same, where the answer is given as a whole: `read` adds a part to it.
template <class T, class Read>
Request Whole(Write write, const Read& read, std::function<void(Result<T>)> done) {
  const auto all = std::make_shared<T>();
  return InParts(
      std::move(write), [all, read](Reader body) { return read(body, *all); },
      [all, done = std::move(done)](Result<> end) {
        if (end)
          done(std::move(*all));
        else
          done(tl::unexpected(end.error()));
      });
}

// A request without an answer of its own, followed by a barrier.
Request Fenced(Write write, std::function<void(Result<>)> done) {
  const auto fenced = [write = std::move(write)](uint32_t xid, Writer& out) {
    write(xid, out);
    const Envelope barrier(out, MessageType::kBarrierRequest, xid);
  };
  return {fenced, [](const Message&) { return true; }, std::move(done)};
}

}  // namespace

Connection::Connection(io::Loop& loop, std::string socket_path, Handlers handlers, Options options)
    : session_(
          std::make_shared<Session>(loop, std::move(socket_path), std::move(handlers), options)) {
  session_->Connect();
}

Connection::~Connection() { session_->Close(); }

bool Connection::up() const { return session_->up(); }
uint64_t Connection::datapath_id() const { return session_->datapath_id(); }

void Connection::Apply(std::vector<Change> changes, std::function<void(const ApplyResult&)> done,
                       size_t bundle_size) {
  session_->Apply(std::move(changes), bundle_size, std::move(done));
}

void Connection::ChangeMeters(const std::vector<MeterChange>& changes,
                              std::function<void(const ApplyResult&)> done) {
  const auto result = std::make_shared<ApplyResult>();
  for (size_t i = 0; i < changes.size(); ++i) {
    // Answered only if it is refused, and then before the barrier.
    session_->Ask(Fenced(
        [change = changes[i]](uint32_t xid, Writer& out) { WriteMeterChange(change, xid, out); },
        [result, i, session = session_.get()](const Result<>& changed) {
          if (changed)
            ++result->committed;
          else if (session->up())
            result->refused.push_back({i, changed.error().message});
        }));
  }
  Barrier([result, done = std::move(done)](const Result<>& end) {
    if (!end)
      result->error = end.error();
    else if (!result->refused.empty())
      result->error = Error{result->refused.front().reason};
    done(*result);
  });
}

void Connection::DumpFlows(const FlowFilter& filter,
                           std::function<void(std::vector<InstalledFlow>)> batch,
                           std::function<void(Result<>)> done) {
  const auto part = [batch = std::move(batch)](Reader body) {
    std::vector<InstalledFlow> flows;
    auto ok = ReadFlows(body, flows);
    if (ok) batch(std::move(flows));
    return ok;
  };
  session_->Ask(InParts([filter](uint32_t xid, Writer& out) { RequestFlows(filter, xid, out); },
                        part, std::move(done)));
}

void Connection::DumpGroups(std::function<void(Result<std::vector<InstalledGroup>>)> done) {
  session_->Ask(Whole<std::vector<InstalledGroup>>(RequestGroups, ReadGroups, std::move(done)));
}

void Connection::DumpMeters(std::function<void(Result<std::vector<InstalledMeter>>)> done) {
  session_->Ask(Whole<std::vector<InstalledMeter>>(RequestMeters, ReadMeters, std::move(done)));
}

void Connection::DumpMeterStats(std::function<void(Result<std::vector<MeterStats>>)> done) {
  session_->Ask(Whole<std::vector<MeterStats>>(RequestMeterStats, ReadMeterStats, std::move(done)));
}

void Connection::DumpPorts(std::function<void(Result<std::vector<Port>>)> done) {
  session_->Ask(Whole<std::vector<Port>>(RequestPorts, ReadPorts, std::move(done)));
}

void Connection::DumpTables(std::function<void(Result<std::vector<TableStats>>)> done) {
  session_->Ask(Whole<std::vector<TableStats>>(RequestTables, ReadTables, std::move(done)));
}

void Connection::CountFlows(const FlowFilter& filter,
                            std::function<void(Result<FlowTotals>)> done) {
  session_->Ask(
      Whole<FlowTotals>([filter](uint32_t xid, Writer& out) { RequestTotals(filter, xid, out); },
                        ReadTotals, std::move(done)));
}

void Connection::FlushConntrack(const CtFilter& filter, std::function<void(Result<>)> done) {
  // The flush itself is answered only if it is refused, and then before the barrier.
  session_->Ask(Fenced([filter](uint32_t xid, Writer& out) { WriteCtFlush(filter, xid, out); },
                       std::move(done)));
}

void Connection::Barrier(std::function<void(Result<>)> done) {
  session_->Ask(Fenced([](uint32_t, Writer&) {}, std::move(done)));
}

void Connection::Send(const PacketOut& packet) {
  session_->Send([&packet](uint32_t xid, Writer& out) { WritePacketOut(packet, xid, out); });
}

void Connection::Send(const PortMod& port) {
  session_->Send([&port](uint32_t xid, Writer& out) { WritePortMod(port, xid, out); });
}

void Connection::Resume(const PacketIn& packet) {
  session_->Send([&packet](uint32_t xid, Writer& out) { WriteResume(packet, xid, out); });
}

}  // namespace kvs::openflow
