#include "ovsdb/dpctl.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

namespace kvs::ovsdb {
namespace {

// Takes `key` and the number after it off the beginning of `text`.
std::optional<uint64_t> TakeNumber(std::string_view& text, std::string_view key) {
  if (!text.starts_with(key)) return std::nullopt;
  text.remove_prefix(key.size());
  uint64_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string DatapathOf(std::string_view datapath_type) {
  return datapath_type == "netdev" ? "netdev@ovs-netdev" : "system@ovs-system";
}

Result<std::vector<ZoneLimit>> ParseZoneLimits(std::string_view text) {
  std::vector<ZoneLimit> zones;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::string_view rest = line;
    if (rest.empty() || rest.starts_with("default limit=")) continue;
    const auto zone = TakeNumber(rest, "zone=");
    const auto limit = TakeNumber(rest, ",limit=");
    const auto count = TakeNumber(rest, ",count=");
    if (!zone || *zone > std::numeric_limits<uint16_t>::max() || !limit || !count)
      return Fail("dpctl/ct-get-limits: not a zone's limit: {}", line);
    zones.push_back({static_cast<uint16_t>(*zone), *limit, *count});
  }
  return zones;
}

Result<uint64_t> ParseCount(std::string_view text) {
  std::string_view rest = text;
  const auto number = TakeNumber(rest, "");
  if (!number || (!rest.empty() && rest != "\n")) return Fail("dpctl: not a number: {}", text);
  return *number;
}

Result<uint64_t> ParseMaxFragments(std::string_view text) {
  static constexpr std::string_view kKey = "max num frags (v4/v6): ";
  std::string_view rest = text.substr(std::min(text.find(kKey), text.size()));
  if (const auto number = TakeNumber(rest, kKey)) return *number;
  return Fail("dpctl/ipf-get-status: has no '{}'", kKey);
}

std::optional<Ip> ClientOf(std::string_view line) {
  static constexpr std::string_view kKey = ",orig=(src=";
  static constexpr std::string_view kClosed[] = {"state=CLOSED)", "state=TIME_WAIT)"};
  const size_t at = line.find(kKey);
  if (at == line.npos) return std::nullopt;
  for (const std::string_view closed : kClosed)
    if (line.find(closed) != line.npos) return std::nullopt;
  const std::string_view address = line.substr(at + kKey.size());
  const auto client = Ip::Parse(address.substr(0, address.find(',')));
  return client ? std::optional(*client) : std::nullopt;
}

std::set<TunnelNeighbour> ParseTunnelNeighbours(std::string_view text) {
  std::set<TunnelNeighbour> neighbours;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, hardware, bridge;
    words >> address >> hardware >> bridge;
    const auto ip = Ip::Parse(address);
    const auto mac = Mac::Parse(hardware);
    if (ip && mac && !bridge.empty()) neighbours.insert({*ip, *mac, bridge});
  }
  return neighbours;
}

}  // namespace kvs::ovsdb
