#include <cstddef>
#include <cstdint>

#include "netlink/address.h"
#include "netlink/conntrack.h"
#include "netlink/filter_chain.h"
#include "netlink/link.h"
#include "netlink/route.h"
#include "netlink/wire.h"

// Every decoder, on every message of an arbitrary datagram.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvs::netlink;
  Bytes datagram(data, size);
  while (const auto message = TakeMessage(datagram)) {
    (void)ParseAck(*message);
    (void)DecodeLink(message->body);
    (void)DecodeAddress(message->body);
    (void)DecodeRoute(message->body);
    (void)DecodeNeighbour(message->body);
    (void)DecodeChainRule(message->body);
    (void)DecodeConnection(message->body);
  }
  return 0;
}
