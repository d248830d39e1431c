#pragma once

#include <optional>

#include "base/result.h"
#include "flow/action.h"
#include "flow/match.h"
#include "openflow/wire.h"

// Fields and matches as OXM TLVs (OpenFlow 1.5.1, 7.2.3; ovs-fields(7)). Prerequisites are the
// caller's: a match of tcp_dst without ip_proto is encoded, and refused by the switch.
namespace kvs::openflow {

// A field's header (4 bytes) as it stands in actions.
void WriteFieldHeader(flow::Field field, Writer& out);
std::optional<flow::Field> ReadFieldHeader(Reader& in);

// The number of bits of a subfield there, and the subfield that is meant by such a number; nullopt
// if it is not within the field. The whole in_port has 16 bits in actions, and 32 in flow::.
uint16_t BitsInAction(const flow::Subfield& field);
std::optional<flow::Subfield> SubfieldInAction(std::optional<flow::Field> field, unsigned offset,
                                               unsigned bits);

// One field with its value, as set_field has it. No mask, or one of all ones: the whole field.
void WriteField(const flow::Match::Item& item, Writer& out);
// nullopt if the field is not one that flow::Field knows, or malformed.
std::optional<flow::Match::Item> ReadField(Reader& in);

// The fields alone, without frame.
void WriteFields(const flow::Match& match, Writer& out);
// Registers come back as such although Open vSwitch tells them in pairs (xreg). The match of
// Ethernet packets (packet_type 0) is left out, as everything here is Ethernet; vlan_vid and
// vlan_pcp become vlan_tci, where "no tag" is vlan_tci=0 with the full mask. Fails on what is not
// known, and on a field that appears twice.
Result<flow::Match> ReadFields(Reader in);

// A match in its frame (type, length, fields, padding).
void WriteMatch(const flow::Match& match, Writer& out);
void WriteMatchBytes(std::string_view fields, Writer& out);
// The bytes of the fields in the frame; the reader stands behind it afterwards, or has failed.
Reader ReadMatchFrame(Reader& in);

}  // namespace kvs::openflow
