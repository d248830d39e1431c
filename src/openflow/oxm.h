#pragma once

#include <optional>

#include "base/result.h"
#include "flow/action.h"
#include "flow/match.h"
#include "openflow/wire.h"

// Fields and matches as OXM TLVs (OpenFlow 1.5.1, 7.2.3; ovs-fields(7)). The caller must provide
// prerequisites: a match of tcp_dst without ip_proto is encoded, and the switch refuses it.
namespace kvs::openflow {

// A field's header (4 bytes) as it stands in actions.
void WriteFieldHeader(flow::Field field, Writer& out);
std::optional<flow::Field> ReadFieldHeader(Reader& in);

// The number of bits of a subfield in an action, and the inverse: the subfield with that number of
// bits; nullopt if it exceeds the field. The whole in_port has 16 bits in actions, and 32 in
// flow::.
uint16_t BitsInAction(const flow::Subfield& field);
std::optional<flow::Subfield> SubfieldInAction(std::optional<flow::Field> field, unsigned offset,
                                               unsigned bits);

// One field with its value, as in set_field. Without a mask, or with a mask of all ones, the whole
// field is set.
void WriteField(const flow::Match::Item& item, Writer& out);
// nullopt if flow::Field does not have the field, or if it is malformed.
std::optional<flow::Match::Item> ReadField(Reader& in);

// The fields without the match's header and padding.
void WriteFields(const flow::Match& match, Writer& out);
// Registers are returned as such although Open vSwitch reports them in pairs (xreg). The match of
// Ethernet packets (packet_type 0) is left out, because everything here is Ethernet; vlan_vid and
// vlan_pcp become vlan_tci, where "no tag" is vlan_tci=0 with the full mask. Fails on unknown
// fields, and on a field that appears twice.
Result<flow::Match> ReadFields(Reader in);

// A match with header (type, length), fields and padding.
void WriteMatch(const flow::Match& match, Writer& out);
void WriteMatchBytes(std::string_view fields, Writer& out);
// The bytes of the fields in a match; `in` continues after the match, or has failed.
Reader ReadMatchFrame(Reader& in);

}  // namespace kvs::openflow
