#include "openflow/oxm.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace kvs::openflow {
namespace {

using flow::Field;
using flow::Match;
using flow::Value;

constexpr uint16_t kOxmMatch = 1;       // OFPMT_OXM
constexpr uint16_t kNxmBasic = 0x0000;  // NXM_OF_*
constexpr uint16_t kOxmBasic = 0x8000;
constexpr uint16_t kPacketRegisters = 0x8001;  // xreg0 ... xreg7
constexpr uint8_t kVlanVid = 6, kVlanPcp = 7;  // of kOxmBasic
constexpr uint64_t kVlanPresent = 0x1000, kVlanVidBits = 0x1fff;

// What identifies a field on the wire.
struct Header {
  uint16_t oxm_class = 0;
  uint8_t field = 0;
  bool masked = false;
  uint8_t payload = 0;  // bytes of the value and the mask

  uint32_t key() const { return uint32_t{oxm_class} << 8 | field; }
};

void Write(const Header& header, Writer& out) {
  out.U16(header.oxm_class);
  out.U8(static_cast<uint8_t>(header.field << 1 | (header.masked ? 1 : 0)));
  out.U8(header.payload);
}

Header ReadHeader(Reader& in) {
  Header header;
  header.oxm_class = in.U16();
  const uint8_t field = in.U8();
  header.field = field >> 1;
  header.masked = field & 1;
  header.payload = in.U8();
  return header;
}

Header HeaderOf(Field field) {
  const flow::FieldInfo& info = flow::InfoOf(field);
  return {info.oxm_class, info.oxm_field, false, info.bytes};
}

// In actions in_port is the field of 16 bits; the other one cannot be set.
constexpr Header kShortInPort{kNxmBasic, 0, false, 2};

Header ActionHeaderOf(Field field) {
  return field == Field::kInPort ? kShortInPort : HeaderOf(field);
}

// Other numbers of the same fields, which Open vSwitch writes in learn, ct zones and output to a
// register.
constexpr struct {
  uint16_t oxm_class;
  uint8_t field;
  Field name;
} kAliases[] = {
    {0, 0, Field::kInPort},      {0, 1, Field::kEthDst},      {0, 2, Field::kEthSrc},
    {0, 3, Field::kEthType},     {0, 4, Field::kVlanTci},     {0, 6, Field::kIpProto},
    {0, 7, Field::kIpv4Src},     {0, 8, Field::kIpv4Dst},     {0, 9, Field::kTcpSrc},
    {0, 10, Field::kTcpDst},     {0, 11, Field::kUdpSrc},     {0, 12, Field::kUdpDst},
    {0, 13, Field::kIcmpv4Type}, {0, 14, Field::kIcmpv4Code}, {0, 15, Field::kArpOp},
    {0, 16, Field::kArpSpa},     {0, 17, Field::kArpTpa},     {1, 16, Field::kTunId},
    {1, 17, Field::kArpSha},     {1, 18, Field::kArpTha},     {1, 19, Field::kIpv6Src},
    {1, 20, Field::kIpv6Dst},    {1, 21, Field::kIcmpv6Type}, {1, 22, Field::kIcmpv6Code},
    {1, 23, Field::kNdTarget},   {1, 24, Field::kNdSll},      {1, 25, Field::kNdTll},
    {1, 27, Field::kIpv6Label},  {1, 28, Field::kIpEcn},      {1, 34, Field::kTcpFlags},
};

std::optional<Field> FieldOf(const Header& header) {
  static const auto fields = [] {
    std::unordered_map<uint32_t, Field> out;
    for (int i = 0; i < static_cast<int>(Field::kCount); ++i)
      out.emplace(HeaderOf(static_cast<Field>(i)).key(), static_cast<Field>(i));
    for (const auto& alias : kAliases)
      out.emplace(Header{alias.oxm_class, alias.field}.key(), alias.name);
    return out;
  }();
  const auto found = fields.find(header.key());
  if (found == fields.end()) return std::nullopt;
  return found->second;
}

// in_port has 16 bits in NXM and 32 in OXM; reserved ports are the highest of either.
bool IsShortPort(const Header& header, Field field) {
  return field == Field::kInPort && header.oxm_class == kNxmBasic;
}

Value And(const Value& value, const Value& mask) {
  Value out;
  for (size_t i = 0; i < out.bytes.size(); ++i) out.bytes[i] = value.bytes[i] & mask.bytes[i];
  return out;
}

bool IsZero(const Value& value) { return value == Value{}; }

void WriteTail(const Value& value, size_t bytes, Writer& out) {
  out.Bytes(value.bytes.data() + value.bytes.size() - bytes, bytes);
}

void WriteValue(Header header, const Value& value, const Value& mask, int bits, Writer& out) {
  const size_t bytes = header.payload;
  const Value ones = Value::Ones(bits);
  header.masked = And(mask, ones) != ones;
  if (header.masked) header.payload = static_cast<uint8_t>(bytes * 2);
  Write(header, out);
  WriteTail(value, bytes, out);
  if (header.masked) WriteTail(mask, bytes, out);
}

// The value, and the mask or all ones of `bits`.
struct Masked {
  Value value, mask;
};

std::optional<Masked> ReadValue(const Header& header, size_t bytes, int bits, Reader& in) {
  if (header.payload != bytes * (header.masked ? 2 : 1)) {
    in.Fail();
    return std::nullopt;
  }
  const Value ones = Value::Ones(bits);
  const auto value = in.Bytes(bytes);
  const auto mask = in.Bytes(header.masked ? bytes : 0);
  if (!in.ok()) return std::nullopt;
  Masked out{Value::FromBytes(value.data(), bytes), ones};
  if (header.masked) out.mask = And(Value::FromBytes(mask.data(), bytes), ones);
  out.value = And(out.value, out.mask);
  return out;
}

std::optional<Match::Item> ReadKnown(const Header& header, Reader& in) {
  const auto field = FieldOf(header);
  if (!field) return std::nullopt;
  const flow::FieldInfo& info = flow::InfoOf(*field);
  const bool short_port = IsShortPort(header, *field);
  const auto read = ReadValue(header, short_port ? 2 : info.bytes, short_port ? 16 : info.bits, in);
  if (!read) return std::nullopt;
  if (!short_port) return Match::Item{*field, read->value, read->mask};
  const uint64_t port = read->value.ToInt();
  return Match::Item{*field, Value::FromInt(port >= 0xff00 ? port | 0xffff0000u : port),
                     Value::Ones(info.bits)};
}

// vlan_tci as vlan_vid and vlan_pcp, as Open vSwitch reports it; other values are written
// unchanged.
void WriteVlan(const Match::Item& item, Writer& out) {
  const uint64_t value = item.value.ToInt(), mask = item.mask.ToInt();
  const Header vid{kOxmBasic, kVlanVid, false, 2};
  if ((mask & kVlanPresent) == 0 || (mask >> 13 != 0 && mask >> 13 != 7))
    return WriteValue(HeaderOf(item.field), item.value, item.mask, 16, out);
  if (value == 0) return WriteValue(vid, {}, Value::Ones(13), 13, out);
  WriteValue(vid, Value::FromInt(value & kVlanVidBits), Value::FromInt(mask & kVlanVidBits), 13,
             out);
  if (mask >> 13 != 0)
    WriteValue({kOxmBasic, kVlanPcp, false, 1}, Value::FromInt(value >> 13), Value::Ones(3), 3,
               out);
}

class MatchReader {
 public:
  Result<Match> Read(Reader in) {
    while (in.more()) {
      const Header header = ReadHeader(in);
      if (!in.ok() || !ReadOne(header, in))
        return Fail("match: field {}/{} is not known or malformed", header.oxm_class, header.field);
    }
    if (!in.ok()) return Fail("match: cut off");
    if (vlan_mask_ != 0) {
      if (vlan_ == 0 && (vlan_mask_ & kVlanPresent) != 0) vlan_mask_ = 0xffff;
      match_.Set(Field::kVlanTci, vlan_, vlan_mask_);
    }
    return std::move(match_);
  }

 private:
  bool ReadOne(const Header& header, Reader& in) {
    if (header.oxm_class == kPacketRegisters) return ReadRegisters(header, in);
    if (header.oxm_class == kOxmBasic && header.field == kVlanVid)
      return ReadVlan(header, 2, 13, 0, in);
    if (header.oxm_class == kOxmBasic && header.field == kVlanPcp)
      return ReadVlan(header, 1, 3, 13, in);
    const auto item = ReadKnown(header, in);
    if (!item) return false;
    if (item->field == Field::kPacketType && IsZero(item->value)) return true;
    return Add(*item);
  }

  bool ReadRegisters(const Header& header, Reader& in) {
    const auto pair = header.field < 8 ? ReadValue(header, 8, 64, in) : std::nullopt;
    if (!pair) return false;
    const uint64_t value = pair->value.ToInt(), mask = pair->mask.ToInt();
    return Add(Item(flow::Reg(2 * header.field), value >> 32, mask >> 32)) &&
           Add(Item(flow::Reg(2 * header.field + 1), value & 0xffffffff, mask & 0xffffffff));
  }

  bool ReadVlan(const Header& header, int bytes, int bits, int shift, Reader& in) {
    const auto read = ReadValue(header, static_cast<size_t>(bytes), bits, in);
    if (!read) return false;
    vlan_ |= read->value.ToInt() << shift;
    vlan_mask_ |= read->mask.ToInt() << shift;
    return true;
  }

  static Match::Item Item(Field field, uint64_t value, uint64_t mask) {
    return {field, Value::FromInt(value), Value::FromInt(mask)};
  }

  // A mask of zero leaves the field out.
  bool Add(const Match::Item& item) {
    if (IsZero(item.mask)) return true;
    const auto index = static_cast<size_t>(item.field);
    if (seen_[index]) return false;
    seen_[index] = true;
    match_.Set(item.field, item.value, item.mask);
    return true;
  }

  Match match_;
  std::array<bool, static_cast<size_t>(Field::kCount)> seen_{};
  uint64_t vlan_ = 0, vlan_mask_ = 0;
};

template <class Fields>
void WriteFrame(Writer& out, const Fields& write_fields) {
  const size_t start = out.size();
  out.U16(kOxmMatch);
  out.U16(0);
  write_fields();
  out.Patch16(start + 2, out.size() - start);
  out.Pad(start);
}

}  // namespace

void WriteFieldHeader(Field field, Writer& out) { Write(ActionHeaderOf(field), out); }

std::optional<Field> ReadFieldHeader(Reader& in) {
  const Header header = ReadHeader(in);
  if (!in.ok() || header.masked) return std::nullopt;
  return FieldOf(header);
}

uint16_t BitsInAction(const flow::Subfield& field) {
  if (field.field == Field::kInPort) return std::min<uint16_t>(field.bits, 16);
  return field.bits;
}

std::optional<flow::Subfield> SubfieldInAction(std::optional<Field> field, unsigned offset,
                                               unsigned bits) {
  if (!field || bits == 0 || offset + bits > flow::InfoOf(*field).bits) return std::nullopt;
  if (field == Field::kInPort && bits == 16) return flow::Subfield::Whole(*field);
  return flow::Subfield{*field, static_cast<uint8_t>(offset), static_cast<uint8_t>(bits)};
}

void WriteField(const Match::Item& item, Writer& out) {
  const int bits = item.field == Field::kInPort ? 16 : flow::InfoOf(item.field).bits;
  WriteValue(ActionHeaderOf(item.field), item.value, item.mask, bits, out);
}

std::optional<Match::Item> ReadField(Reader& in) {
  const Header header = ReadHeader(in);
  if (!in.ok()) return std::nullopt;
  return ReadKnown(header, in);
}

void WriteFields(const Match& match, Writer& out) {
  match.ForEach([&out](const Match::Item& item) {
    if (item.field == Field::kVlanTci) return WriteVlan(item, out);
    WriteValue(HeaderOf(item.field), item.value, item.mask, flow::InfoOf(item.field).bits, out);
  });
}

Result<Match> ReadFields(Reader in) { return MatchReader().Read(in); }

void WriteMatch(const Match& match, Writer& out) {
  WriteFrame(out, [&] { WriteFields(match, out); });
}

void WriteMatchBytes(std::string_view fields, Writer& out) {
  WriteFrame(out, [&] { out.Bytes(fields); });
}

Reader ReadMatchFrame(Reader& in) {
  const uint16_t type = in.U16();
  const uint16_t size = in.U16();
  if (type != kOxmMatch || size < 4) in.Fail();
  Reader out = in.Sub(in.ok() ? size - 4 : 0);
  in.SkipPadding(size);
  return out;
}

}  // namespace kvs::openflow
