#pragma once

#include <cstdint>
#include <optional>

#include "base/net.h"
#include "flow/action.h"
#include "flow/match.h"
#include "pipeline/fields.h"
#include "pipeline/items.h"
#include "pipeline/tables.h"
#include "world/world.h"

// The vocabulary of the rules. A condition adds to a match, a step to a list of actions; both are
// plain values, so a flow reads like the sentence it means:
//
//   plan.Flow(TableId::kRoute, kExact).Match(Destination{ip}).Do(DecTtl{}, SetEthAddrs{...},
//   ToPort{7});
namespace kvs::pipeline {

// ---- Conditions ----

struct FromPort {
  flow::OfPort port;
  void AddTo(flow::Match& match) const;
};
struct FromMac {
  Mac mac;
  void AddTo(flow::Match& match) const;
};
struct Tagged {  // with an 802.1Q tag
  void AddTo(flow::Match& match) const;
};
struct IpPacket {
  Family family;
  void AddTo(flow::Match& match) const;
};
struct ArpPacket {
  void AddTo(flow::Match& match) const;
};
struct Source {  // an IP packet's
  Prefix prefix;
  explicit Source(Prefix range) : prefix(range) {}
  explicit Source(Ip ip) : prefix(Prefix::Host(ip)) {}
  void AddTo(flow::Match& match) const;
};
struct Destination {  // an IP packet's
  Prefix prefix;
  explicit Destination(Prefix range) : prefix(range) {}
  explicit Destination(Ip ip) : prefix(Prefix::Host(ip)) {}
  void AddTo(flow::Match& match) const;
};
// With this TTL (hop limit), 0 or 1: the packet can't be routed further.
struct Ttl {
  uint8_t hops;
  void AddTo(flow::Match& match) const;
};
// "Who has `target`?", RFC 826.
struct ArpRequest {
  Ip4 target;
  void AddTo(flow::Match& match) const;
};
struct ArpSender {
  Ip4 ip;
  Mac mac;
  void AddTo(flow::Match& match) const;
};
// Neighbor Discovery message types, RFC 4861.
enum class NdType : uint8_t {
  kRouterSolicitation = 133,
  kRouterAdvertisement = 134,
  kNeighborSolicitation = 135,
  kNeighborAdvertisement = 136,
  kRedirect = 137,
};
struct NdMessage {  // of any code
  NdType type;
  void AddTo(flow::Match& match) const;
};
// A Neighbor Solicitation as a node that has the address sends it: its own addresses in IP source
// and source link-layer option, hop limit 255 (RFC 4861, 7.1.1).
struct NdSolicitor {
  Ip6 ip;
  Mac mac;
  void AddTo(flow::Match& match) const;
};
// The body of a Neighbor Solicitation, as far as the fields of ovs-fields(7) go: code 0.
struct NdSolicitation {
  void AddTo(flow::Match& match) const;
};
struct NdTarget {
  Ip6 ip;
  void AddTo(flow::Match& match) const;
};
struct Udp {
  Family family;
  void AddTo(flow::Match& match) const;
};
struct UdpPorts {
  Family family;
  uint16_t source, destination;
  void AddTo(flow::Match& match) const;
};
// Out of the tunnel, sent by `endpoint`, with our key.
struct TunnelFrom {
  flow::OfPort port;
  Ip endpoint;
  void AddTo(flow::Match& match) const;
};
// ... and received by this address of ours.
struct TunnelAt {
  Ip endpoint;
  void AddTo(flow::Match& match) const;
};
struct Gre {  // RFC 2784
  Family family;
  void AddTo(flow::Match& match) const;
};
// ct_state (ovs-fields(7)). Only after our own ct().
struct Tracked {
  uint32_t set;    // flow::CtState bits that are set
  uint32_t clear;  // ... that are not
  void AddTo(flow::Match& match) const;
};
// A piece of a larger IP packet.
struct Fragment {
  Family family;
  void AddTo(flow::Match& match) const;
};
// Of a connection that is not committed (CommitWithMark). ct_state is "new" until there is an
// answer, also when it is. Only where the ct_* fields are not empty.
struct Uncommitted {
  void AddTo(flow::Match& match) const;
};
// Of a connection whose mark is of this generation (mark_layout.h).
struct MarkOfGeneration {
  uint8_t generation;
  void AddTo(flow::Match& match) const;
};
void AddRegister(flow::Match& match, const RegBits& bits, uint32_t value);
template <class T>
struct Is {  // `field` holds `value`
  RegField<T> field;
  T value;
  void AddTo(flow::Match& match) const { AddRegister(match, field, field.Encode(value)); }
};
template <class T>
Is(RegField<T>, T) -> Is<T>;

// ---- Steps ----

struct GoTo {
  TableId id;
  void AddTo(flow::Actions& actions) const;
};
void AddLoad(flow::Actions& actions, const RegBits& bits, uint32_t value);
template <class T>
struct Load {
  RegField<T> field;
  T value;
  void AddTo(flow::Actions& actions) const { AddLoad(actions, field, field.Encode(value)); }
};
template <class T>
Load(RegField<T>, T) -> Load<T>;
// Through the tracker; the packet comes back at table `id`, knowing its connection.
struct Track {
  Zone zone;
  TableId id;
  void AddTo(flow::Actions& actions) const;
};
// The connection's mark, as the tracker keeps it, into the mark's register bits.
struct RecallMark {
  void AddTo(flow::Actions& actions) const;
};
// The same of a mark that another build wrote; what this one doesn't know is left out.
struct RecallMarkOf {
  const world::MarkLayout& layout;
  void AddTo(flow::Actions& actions) const;
};
// Commits the connection, with the mark. The ct_* fields are empty afterwards.
struct CommitWithMark {
  uint8_t generation;
  void AddTo(flow::Actions& actions) const;
};
// Drops what is more than the meter lets pass.
struct Metered {
  uint32_t meter;
  void AddTo(flow::Actions& actions) const;
};
struct DecTtl {
  void AddTo(flow::Actions& actions) const;
};
struct SetEthAddrs {  // the Ethernet header of the next hop
  Mac source, destination;
  void AddTo(flow::Actions& actions) const;
};
// Lets the packet leave by the port it came in by, which a switch refuses otherwise.
struct ClearInPort {
  void AddTo(flow::Actions& actions) const;
};
struct ToPort {
  flow::OfPort port;
  void AddTo(flow::Actions& actions) const;
};
struct ToInPort {
  void AddTo(flow::Actions& actions) const;
};
// Through the tunnel, from that address of this node; nullopt: from what the switch chooses.
struct TunnelTo {
  Ip endpoint;
  std::optional<Ip> source;
  void AddTo(flow::Actions& actions) const;
};
// Turns an ARP request into its answer: whatever was asked for is at `mac`.
struct ArpReply {
  Mac mac;
  void AddTo(flow::Actions& actions) const;
};
// Turns a Neighbor Solicitation into an advertisement that whatever was asked for is at `mac`. In
// two halves, since the option's field exists only once the type says so (ovs-fields(7), nd_tll).
struct NdReply {
  Mac mac;
  void AddTo(flow::Actions& actions) const;
};
struct NdReplyOption {
  Mac mac;
  void AddTo(flow::Actions& actions) const;
};

}  // namespace kvs::pipeline
