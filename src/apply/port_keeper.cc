#include "apply/port_keeper.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

#include "base/log.h"
#include "netlink/socket.h"
#include "ovsdb/attachment.h"

namespace kvs::apply {
namespace {

// A CNI call is over, or has undone what it did, within 10 s.
constexpr auto kPatience = std::chrono::milliseconds(11000);
// A link in the live group without a port is no state that a CNI call passes through for long.
constexpr auto kShortPatience = std::chrono::milliseconds(3000);

// The number that the plugin asked for, told by the link's name (kv and the index in hex); 0 if it
// had no wish.
int64_t RequestedNumber(const std::string& link) {
  uint32_t index = 0;
  if (!link.starts_with("kv") || link.starts_with("kvx")) return 0;
  const char* end = link.data() + link.size();
  if (std::from_chars(link.data() + 2, end, index, 16).ptr != end || index > 60000) return 0;
  return index + 16;
}

}  // namespace

PortFaults FindPortFaults(const ovsdb::Bridge& bridge, const ovsdb::Replica& there,
                          const std::vector<netlink::Link>& links) {
  PortFaults faults;
  std::set<std::string_view> live;
  for (const auto& link : links)
    if (link.group == kLiveGroup) live.insert(link.name);
  std::set<std::string_view> with_port;
  for (const ovsdb::Uuid& uuid : bridge.ports) {
    const ovsdb::Port* port = there.ports.Find(uuid);
    const ovsdb::Interface* interface =
        port == nullptr ? nullptr : there.interfaces.Find(port->name);
    if (interface == nullptr || !ovsdb::Attachment::IsIn(interface->external_ids)) continue;
    with_port.insert(interface->name);
    if (!live.contains(interface->name)) faults.without_link.push_back(interface->name);
  }
  for (const auto& link : links) {
    if (link.group != kLiveGroup || with_port.contains(link.name)) continue;
    // Somebody else may use the group, too.
    if (ovsdb::Attachment::FromAlias(link.alias)) faults.without_port.push_back(link);
  }
  return faults;
}

PortKeeper::PortKeeper(io::Loop& loop, ovsdb::Session& session, std::string bridge, Links links)
    : loop_(loop),
      session_(session),
      bridge_(std::move(bridge)),
      links_(std::move(links)),
      again_(loop, [this] { Check(); }) {}

// How long the fault has to last yet before it is mended.
std::chrono::milliseconds PortKeeper::Left(const std::string& fault) {
  const auto patience = fault.starts_with("link ") ? kShortPatience : kPatience;
  return since_.try_emplace(fault, loop_.Now()).first->second + patience - loop_.Now();
}

void PortKeeper::Check() {
  const ovsdb::Bridge* bridge = session_.replica().bridges.Find(bridge_);
  if (!session_.up() || bridge == nullptr || busy_) return;

  PortFaults all = FindPortFaults(*bridge, session_.replica(), links_());
  std::set<std::string> names;
  for (const auto& port : all.without_link) names.insert("port " + port);
  for (const auto& link : all.without_port) names.insert("link " + link.name);
  std::erase_if(since_, [&](const auto& entry) { return !names.contains(entry.first); });

  auto next = std::chrono::milliseconds::max();
  const auto waits = [&](const std::string& fault) {
    const auto left = Left(fault);
    if (left.count() > 0) next = std::min(next, left);
    return left.count() > 0;
  };
  std::erase_if(all.without_link, [&](const auto& port) { return waits("port " + port); });
  std::erase_if(all.without_port, [&](const auto& link) { return waits("link " + link.name); });
  if (next != next.max()) again_.Start(next);
  if (!all.without_link.empty() || !all.without_port.empty()) Mend(*bridge, all);
}

void PortKeeper::Mend(const ovsdb::Bridge& bridge, const PortFaults& faults) {
  ovsdb::Transaction transaction;
  transaction.Comment("k-vswitchd: mend ports");
  for (const auto& name : faults.without_link) {
    const ovsdb::Port* port = session_.replica().ports.Find(name);
    transaction.DeletePort(bridge.uuid, port->uuid);
  }
  for (const auto& link : faults.without_port) {
    const auto attachment = ovsdb::Attachment::FromAlias(link.alias);
    ovsdb::Port port;
    port.name = link.name;
    ovsdb::Interface interface;
    interface.name = link.name;
    interface.external_ids = attachment->ToExternalIds();
    if (const int64_t number = RequestedNumber(link.name); number > 0)
      interface.ofport_request = number;
    transaction.InsertPort(bridge.uuid, port, interface);
  }
  busy_ = true;
  session_.Transact(std::move(transaction), [this, faults](const ovsdb::Outcome& outcome) {
    busy_ = false;
    if (outcome) return Mended(faults);
    if (outcome.error().reason != ovsdb::TransactError::Reason::kStorage)
      log::Warning("OVSDB: {}", outcome.error().message);
  });
}

void PortKeeper::Mended(const PortFaults& faults) {
  for (const auto& name : faults.without_link)
    log::Warning("port {}: its link was gone (a reboot?); deleted the port", name);
  for (const auto& link : faults.without_port)
    log::Warning("link {}: had no port in OVSDB (was conf.db lost?); made it again", link.name);
  counters_.stale_ports += faults.without_link.size();
  counters_.restored_ports += faults.without_port.size();
}

void PortKeeper::Reap() {
  if (reaping_ || std::ranges::count(links_(), kDeadGroup, &netlink::Link::group) == 0) return;
  reaping_ = io::Work::Run(
      loop_,
      [] {
        auto socket = netlink::Socket::Open();
        if (!socket) return log::Warning("reap links: {}", socket.error().message);
        const auto done = (*socket)->Do(netlink::DeleteLinkGroup(kDeadGroup));
        if (!done && done.error().code != ENODEV)
          log::Warning("reap links: {}", done.error().message);
      },
      [this] {
        reaping_.reset();
        ++counters_.reaped_links;
      });
}

}  // namespace kvs::apply
