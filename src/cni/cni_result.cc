#include "cni/cni_result.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "base/number.h"
#include "cni/json.h"
#include "cni/result_json.h"

namespace kvs::cni {
namespace {

namespace json = boost::json;

// "10.1.1.5/24": unlike a Prefix it keeps its host bits.
std::optional<CniResult::Address> ParseCidr(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const auto ip = Ip::Parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  CniResult::Address address{.ip = *ip, .length = ip->bits()};
  if (slash == text.size()) return address;
  address.length = WholeNumber<int>(text.substr(slash + 1)).value_or(-1);
  if (address.length < 0 || address.length > ip->bits()) return std::nullopt;
  return address;
}

std::optional<CniResult::Address> ReadCidr(const Json& at) {
  const std::string text = at.Text();
  auto address = ParseCidr(text);
  if (!address)
    at.Wrong(Code::kBadConfig, fmt::format("\"{}\" is not an address with a prefix length", text));
  return address;
}

CniResult::Interface ReadInterface(const Json& at) {
  return {.name = at["name"].Text(),
          .mac = at["mac"].Text(),
          .mtu = at["mtu"].Integer().value_or(0),
          .sandbox = at["sandbox"].Text()};
}

json::array InterfacesOf(const CniResult& result, bool with_mtu) {
  json::array all;
  for (const auto& one : result.interfaces) {
    json::object object{{"name", one.name}};
    if (!one.mac.empty()) object["mac"] = one.mac;
    if (with_mtu && one.mtu) object["mtu"] = one.mtu;
    if (!one.sandbox.empty()) object["sandbox"] = one.sandbox;
    all.push_back(std::move(object));
  }
  return all;
}

json::array AddressesOf(const CniResult& result, bool with_family) {
  json::array all;
  for (const auto& one : result.ips) {
    json::object object{{"address", fmt::format("{}/{}", one.ip, one.length)}};
    if (with_family) object["version"] = one.ip.is4() ? "4" : "6";
    if (one.gateway) object["gateway"] = one.gateway->ToString();
    if (one.interface) object["interface"] = *one.interface;
    all.push_back(std::move(object));
  }
  return all;
}

json::array RoutesOf(const CniResult& result) {
  json::array all;
  for (const auto& one : result.routes) {
    json::object object{{"dst", one.destination.ToString()}};
    if (one.gateway) object["gw"] = one.gateway->ToString();
    all.push_back(std::move(object));
  }
  return all;
}

}  // namespace

int VersionRank(std::string_view version) {
  const auto at = std::ranges::find(kSupportedVersions, version);
  return at == std::end(kSupportedVersions) ? -1 : static_cast<int>(at - kSupportedVersions);
}

std::string CniResult::Encode(std::string_view version) const {
  json::object result{{"cniVersion", version}};
  if (!interfaces.empty()) result["interfaces"] = InterfacesOf(*this, version == "1.1.0");
  result["ips"] = AddressesOf(*this, VersionRank(version) < VersionRank("1.0.0"));
  result["routes"] = RoutesOf(*this);
  result["dns"] = ParseJson("dns", dns).value_or(json::object{});
  return json::serialize(result);
}

CniResult ReadResult(const Json& at) {
  CniResult result;
  at["interfaces"].Each(
      [&](const Json& one, size_t) { result.interfaces.push_back(ReadInterface(one)); });
  at["ips"].Each([&](const Json& one, size_t) {
    auto address = ReadCidr(one["address"]);
    if (!address) return;
    address->gateway = one["gateway"].Parse<Ip>();
    address->interface = one["interface"].Integer();
    result.ips.push_back(*address);
  });
  at["routes"].Each([&](const Json& one, size_t) {
    if (const auto to = ReadCidr(one["dst"]))
      result.routes.push_back({Prefix(to->ip, to->length), one["gw"].Parse<Ip>()});
  });
  if (at["dns"].Object()) result.dns = json::serialize(*at["dns"].value());
  return result;
}

Outcome<CniResult> CniResult::Decode(std::string_view text) {
  auto document = ParseJson("result", text);
  if (!document) return tl::unexpected(document.error());
  Note note;
  const Json root(&*document, "", note);
  if (!root.Object()) return Refuse(Code::kUndecodable, "result must be a JSON object");
  CniResult result = ReadResult(root);
  if (note.failure()) return tl::unexpected(*note.failure());
  return result;
}

std::string EncodeFailure(const Failure& failure, std::string_view version) {
  json::object object{{"cniVersion", version}, {"code", failure.code}, {"msg", failure.message}};
  if (!failure.details.empty()) object["details"] = failure.details;
  return json::serialize(object);
}

std::string EncodeVersions(std::string_view version) {
  json::array supported;
  for (const std::string_view one : kSupportedVersions) supported.emplace_back(one);
  return json::serialize(
      json::object{{"cniVersion", version}, {"supportedVersions", std::move(supported)}});
}

}  // namespace kvs::cni
