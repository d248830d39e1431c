#include "flow/flow.h"
#include "flow/text.h"

// The line of a meter, as `ovs-ofctl add-meter` takes it and `ovs-ofctl dump-meters` prints it.
namespace kvs::flow {
namespace {

Result<void> ParseAttribute(const Token& token, Meter& meter) {
  const auto read = [&token](uint32_t& into) -> Result<void> {
    const auto number = ParseNumber<uint32_t>(token.key, token.value);
    if (!number) return tl::unexpected(number.error());
    into = *number;
    return {};
  };
  if (token.key == "meter") return read(meter.meter_id);
  if (token.key == "rate") return read(meter.rate);
  if (token.key == "burst_size") return read(meter.burst);
  // The band stands after its name, or in a line of its own.
  const bool band = token.key == "band" || token.key == "bands";
  if (band && (token.value.empty() || token.value == "type=drop")) return {};
  if (token.text == "pktps" || token.text == "burst" || token.text == "type=drop") return {};
  return Fail("\"{}\" is not supported", token.text);
}

}  // namespace

std::string Meter::ToString() const {
  return fmt::format("meter={},pktps,burst,band=type=drop,rate={},burst_size={}", meter_id, rate,
                     burst);
}

Result<Meter> Meter::Parse(std::string_view text) {
  const auto tokens = Tokens(text);
  if (!tokens) return Wrap("meter", tokens.error());
  Meter meter;
  bool packets = false;
  for (const Token& token : *tokens) {
    auto set = ParseAttribute(token, meter);
    if (!set) return Wrap("meter", set.error());
    packets |= token.text == "pktps";
  }
  if (meter.meter_id == 0 || meter.meter_id > kMaxMeter)
    return Fail("meter \"{}\": needs an id of 1 to {}", text, kMaxMeter);
  if (!packets) return Fail("meter {}: counts no packets: pktps is missing", meter.meter_id);
  if (meter.rate == 0) return Fail("meter {}: needs a rate", meter.meter_id);
  return meter;
}

}  // namespace kvs::flow
