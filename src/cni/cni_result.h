#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net.h"
#include "cni/failure.h"

// The result of ADD, which is returned as prevResult later (CNI specification 1.1.0, "Result"). One
// form in memory for all versions of the specification.
namespace kvs::cni {

inline constexpr std::string_view kSupportedVersions[] = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"};
inline constexpr std::string_view kNewestVersion = "1.1.0";

// The index of `version` in kSupportedVersions; -1 if it is not supported.
int VersionRank(std::string_view version);

struct CniResult {
  struct Interface {
    std::string name;
    std::string mac;      // as text: may be empty, or of another length
    int mtu = 0;          // bytes; 0: not given. Since 1.1.0
    std::string sandbox;  // path of the namespace; empty on the host
    friend bool operator==(const Interface&, const Interface&) = default;
  };
  struct Address {
    Ip ip;
    int length = 0;  // of the prefix
    std::optional<Ip> gateway;
    std::optional<int> interface;  // index in `interfaces`
    friend bool operator==(const Address&, const Address&) = default;
  };
  struct Route {
    Prefix destination;
    std::optional<Ip> gateway;
    friend bool operator==(const Route&, const Route&) = default;
  };

  std::vector<Interface> interfaces;  // none in the answer of an IPAM plugin
  std::vector<Address> ips;
  std::vector<Route> routes;
  std::string dns;  // a JSON object, passed on unchanged; empty: none

  // As JSON of one of kSupportedVersions: before 1.0.0 addresses have their family as "version".
  std::string Encode(std::string_view version) const;
  // From JSON of any of kSupportedVersions.
  static Outcome<CniResult> Decode(std::string_view text);

  friend bool operator==(const CniResult&, const CniResult&) = default;
};

// An error as the runtime reads it from stdout.
std::string EncodeFailure(const Failure& failure, std::string_view version);
// The answer to VERSION.
std::string EncodeVersions(std::string_view version);

}  // namespace kvs::cni
