#include "netlink/nft_monitor.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "io/poll.h"
#include "netlink/nftables_message.h"

namespace kvs::netlink {
namespace {

constexpr int kRulesetBuffer = 4 << 20;  // bytes: a ruleset of some thousand Services
constexpr int kMaxMessagesPerTurn = 256;

// Of a message about a table, a chain, a rule, a set, its elements, an object or a flowtable: the
// name of the table. It is the first attribute of all of them.
constexpr uint16_t kTableName = 1;
static_assert(NFTA_TABLE_NAME == kTableName && NFTA_CHAIN_TABLE == kTableName &&
              NFTA_RULE_TABLE == kTableName && NFTA_SET_TABLE == kTableName &&
              NFTA_SET_ELEM_LIST_TABLE == kTableName && NFTA_OBJ_TABLE == kTableName &&
              NFTA_FLOWTABLE_TABLE == kTableName);

}  // namespace

struct NftMonitor::State : std::enable_shared_from_this<State> {
  State(io::Loop& loop, Fd socket, Handlers handlers)
      : fd(std::move(socket)), on(std::move(handlers)) {
    poll = std::make_unique<io::Poll>(loop, fd.get(), [this] { Drain(); });
  }

  void Drain() {
    const auto alive = shared_from_this();  // a handler may destroy the monitor
    for (int i = 0; i < kMaxMessagesPerTurn && poll; ++i) {
      const ssize_t size = Receive();
      if (size < 0 && errno == EAGAIN) return;  // all read
      if (size < 0 || static_cast<size_t>(size) > buffer.size()) {
        Discard();
        on.on_resync();
        continue;
      }
      Bytes datagram(buffer.data(), static_cast<size_t>(size));
      while (poll) {
        const auto message = TakeMessage(datagram);
        if (!message) break;
        Note(*message);
      }
    }
  }

  ssize_t Receive() {
    ssize_t size;
    do size = recv(fd.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    return size;
  }

  // After an overrun the kernel drops everything, without telling again, until the socket is empty.
  void Discard() {
    while (Receive() >= 0 || errno == ENOBUFS) {
    }
    commit = {};
  }

  // NEWGEN is the last message of a transaction.
  void Note(const Received& message) {
    if (message.type >> 8 != NFNL_SUBSYS_NFTABLES) return;
    Bytes body = message.body;
    const auto header = TakeStruct<nfgenmsg>(body);
    if (!header) return;
    const Attributes attributes(body);
    if ((message.type & 0xff) != NFT_MSG_NEWGEN) {
      commit.tables.emplace(header->nfgen_family, attributes.Text(kTableName));
      return;
    }
    commit.generation = ntohl(attributes.U32(NFTA_GEN_ID).value_or(0));
    commit.pid = ntohl(attributes.U32(NFTA_GEN_PROC_PID).value_or(0));
    commit.process = attributes.Text(NFTA_GEN_PROC_NAME);
    on.on_commit(std::exchange(commit, {}));
  }

  Fd fd;
  Handlers on;
  std::unique_ptr<io::Poll> poll;  // none: the monitor is gone
  NftCommit commit;                // that is being told
  std::array<uint8_t, 64 << 10> buffer;
};

Result<std::unique_ptr<NftMonitor>> NftMonitor::Open(io::Loop& loop, Handlers handlers) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  if (!fd) return FailErrno(errno, "open netlink socket");
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kRulesetBuffer, sizeof kRulesetBuffer) < 0)
    return FailErrno(errno, "size the netlink socket's buffer");
  const sockaddr_nl any{.nl_family = AF_NETLINK};
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0)
    return FailErrno(errno, "bind netlink socket");
  const int group = NFNLGRP_NFTABLES;
  if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
    return FailErrno(errno, "subscribe to changes of nftables");
  return std::unique_ptr<NftMonitor>(
      new NftMonitor(std::make_shared<State>(loop, std::move(fd), std::move(handlers))));
}

NftMonitor::~NftMonitor() { state_->poll.reset(); }

}  // namespace kvs::netlink
