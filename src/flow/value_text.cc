#include <algorithm>
#include <array>
#include <span>

#include "base/net.h"
#include "flow/text.h"

// The values of fields as text: addresses, flags, fragments, numbers.
namespace kvs::flow {
namespace {

using Names = std::span<const std::string_view>;  // of bits, from the lowest

constexpr std::string_view kCtStateNames[] = {"new", "est", "rel",  "rpl",
                                              "inv", "trk", "snat", "dnat"};
constexpr std::string_view kTcpFlagNames[] = {"fin", "syn", "rst", "psh", "ack",
                                              "urg", "ece", "cwr", "ns"};
constexpr std::string_view kTunFlagNames[] = {"oam"};

constexpr struct {
  std::string_view name;
  uint8_t value, mask;  // bit 0: any fragment, bit 1: not the first one
} kFragments[] = {
    {"no", 0, 3}, {"yes", 1, 1}, {"first", 1, 3}, {"later", 3, 3}, {"not_later", 0, 2},
};

Names FlagNames(Format format) {
  if (format == Format::kCtState) return kCtStateNames;
  if (format == Format::kTcpFlags) return kTcpFlagNames;
  return kTunFlagNames;
}

std::string FlagName(Names names, size_t bit) {
  return bit < names.size() ? std::string(names[bit]) : fmt::format("[{:x}]", uint64_t{1} << bit);
}

// "syn|ack" if exact, otherwise "+syn-ack".
std::string FlagsText(Names names, uint64_t value, uint64_t mask, bool exact) {
  if (exact && value == 0) return "0";
  std::string out;
  for (size_t bit = 0; bit < 32; ++bit) {
    const bool set = value >> bit & 1;
    if (exact ? !set : (mask >> bit & 1) == 0) continue;
    if (!exact) out += set ? '+' : '-';
    if (exact && !out.empty()) out += '|';
    out += FlagName(names, bit);
  }
  return out;
}

std::optional<uint64_t> FlagByName(Names names, size_t bits, std::string_view name) {
  for (size_t bit = 0; bit < bits; ++bit) {
    if (name == FlagName(names, bit)) return uint64_t{1} << bit;
  }
  return std::nullopt;
}

// Flags by name; `text` begins with + or - (a mask), or holds names with | between them.
Result<MaskedValue> ParseFlags(std::string_view name, const FieldInfo& info,
                               std::string_view text) {
  const Names names = FlagNames(info.format);
  const bool exact = !text.starts_with('+') && !text.starts_with('-');
  uint64_t value = 0, mask = 0;
  while (!text.empty()) {
    const bool set = text.front() != '-';
    if (!exact) text.remove_prefix(1);
    const size_t end = std::min(text.find_first_of(exact ? "|" : "+-"), text.size());
    const auto flag = FlagByName(names, info.bits, text.substr(0, end));
    if (!flag) return Fail("{}: \"{}\" is not a flag", name, text.substr(0, end));
    mask |= *flag;
    if (set) value |= *flag;
    text.remove_prefix(exact ? std::min(end + 1, text.size()) : end);
  }
  return MaskedValue{Value::FromInt(value), exact ? Value::Ones(info.bits) : Value::FromInt(mask)};
}

std::string AddressText(const Value& value, Format format) {
  const auto tail = value.bytes.end();
  if (format == Format::kMac) {
    Mac mac;
    std::copy(tail - 6, tail, mac.bytes.begin());
    return mac.ToString();
  }
  if (format == Format::kIp6) return Ip6{value.bytes}.ToString();
  Ip4 ip;
  std::copy(tail - 4, tail, ip.bytes.begin());
  return ip.ToString();
}

std::string AddressesText(const FieldInfo& info, const Value& value, const Value& mask) {
  if (info.format != Format::kMac) {
    for (int length = 0; length < info.bits; ++length) {
      if (mask.Shifted(length - info.bits) == Value::Ones(length) &&
          mask == Value::Ones(length).Shifted(info.bits - length)) {
        return fmt::format("{}/{}", AddressText(value, info.format), length);
      }
    }
  }
  return fmt::format("{}/{}", AddressText(value, info.format), AddressText(mask, info.format));
}

Result<Value> ParseAddress(std::string_view name, Format format, std::string_view text) {
  if (format == Format::kMac) {
    const auto mac = Mac::Parse(text);
    if (!mac) return Fail("{}: \"{}\" is not an Ethernet address", name, text);
    return Value::FromBytes(mac->bytes.data(), mac->bytes.size());
  }
  const auto ip = Ip::Parse(text);
  if (!ip || ip->is6() != (format == Format::kIp6)) {
    return Fail("{}: \"{}\" is not an {} address", name, text,
                format == Format::kIp6 ? "IPv6" : "IP");
  }
  return Value::FromBytes(ip->data(), ip->size());
}

// "(namespace,type)", a 16-bit number each.
Result<Value> ParsePacketType(std::string_view name, std::string_view text) {
  const size_t comma = text.find(',');
  if (!text.starts_with('(') || !text.ends_with(')') || comma == std::string_view::npos) {
    return Fail("{}: \"{}\" is not of the form (namespace,type)", name, text);
  }
  const auto space = ParseNumber<uint16_t>(name, text.substr(1, comma - 1));
  const auto type = ParseNumber<uint16_t>(name, text.substr(comma + 1, text.size() - comma - 2));
  if (!space) return tl::unexpected(space.error());
  if (!type) return tl::unexpected(type.error());
  return Value::FromInt(uint64_t{*space} << 16 | *type);
}

Result<Value> ParseOne(std::string_view name, const FieldInfo& info, std::string_view text) {
  switch (info.format) {
    case Format::kIp4:
    case Format::kIp6:
    case Format::kMac:
      return ParseAddress(name, info.format, text);
    case Format::kPort:
      return ParsePort(name, text).map([](OfPort port) { return Value::FromInt(port); });
    case Format::kPacketType:
      return ParsePacketType(name, text);
    default:
      return ParseWideNumber(name, text, info.bits);
  }
}

Result<Value> ParseMask(std::string_view name, const FieldInfo& info, std::string_view text) {
  const bool ip = info.format == Format::kIp4 || info.format == Format::kIp6;
  if (!ip || text.find_first_of(".:") != std::string_view::npos) return ParseOne(name, info, text);
  const auto length = ParseNumber(name, text, info.bits);
  if (!length) return Fail("{}: \"{}\" is not a prefix length of 0 to {}", name, text, info.bits);
  return Value::Ones(static_cast<int>(*length)).Shifted(info.bits - static_cast<int>(*length));
}

std::string ExactText(const FieldInfo& info, const Value& value) {
  switch (info.format) {
    case Format::kDecimal:
      return std::to_string(value.ToInt());
    case Format::kPort:
      return PortText(static_cast<OfPort>(value.ToInt()));
    case Format::kIp4:
    case Format::kIp6:
    case Format::kMac:
      return AddressText(value, info.format);
    case Format::kPacketType:
      return fmt::format("({},{})", value.ToInt() >> 16,
                         HexText(Value::FromInt(value.ToInt() & 0xffff)));
    case Format::kCtState:
    case Format::kTcpFlags:
    case Format::kTunFlags:
      return FlagsText(FlagNames(info.format), value.ToInt(), 0, true);
    default:
      return HexText(value);
  }
}

}  // namespace

std::string ValueText(Field field, const Value& value, const Value& mask) {
  const FieldInfo& info = InfoOf(field);
  for (const auto& fragment : kFragments) {
    if (info.format == Format::kFrag && value.ToInt() == fragment.value &&
        mask.ToInt() == fragment.mask) {
      return std::string(fragment.name);
    }
  }
  if (mask == Value::Ones(info.bits)) return ExactText(info, value);
  switch (info.format) {
    case Format::kIp4:
    case Format::kIp6:
    case Format::kMac:
      return AddressesText(info, value, mask);
    case Format::kCtState:
    case Format::kTcpFlags:
      return FlagsText(FlagNames(info.format), value.ToInt(), mask.ToInt(), false);
    default:
      return fmt::format("{}/{}", ExactText(info, value), HexText(mask));
  }
}

Result<MaskedValue> ParseValue(std::string_view name, Field field, std::string_view text) {
  const FieldInfo& info = InfoOf(field);
  if (text == "*") return MaskedValue{};
  for (const auto& fragment : kFragments) {
    if (info.format == Format::kFrag && text == fragment.name) {
      return MaskedValue{Value::FromInt(fragment.value), Value::FromInt(fragment.mask)};
    }
  }
  const bool flags = info.format == Format::kCtState || info.format == Format::kTcpFlags ||
                     info.format == Format::kTunFlags;
  if (flags && !text.empty() && (text[0] < '0' || text[0] > '9')) {
    return ParseFlags(name, info, text);
  }
  const size_t slash = text.find('/');
  const auto value = ParseOne(name, info, text.substr(0, slash));
  if (!value) return tl::unexpected(value.error());
  if (slash == std::string_view::npos) return MaskedValue{*value, Value::Ones(info.bits)};
  const auto mask = ParseMask(name, info, text.substr(slash + 1));
  if (!mask) return tl::unexpected(mask.error());
  const MaskedValue result{*value & *mask, *mask};
  if (!info.maskable && !result.IsExact(field)) return Fail("{}: cannot have a mask", name);
  return result;
}

}  // namespace kvs::flow
