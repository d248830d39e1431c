#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/net.h"
#include "netlink/socket.h"

// Network devices (ip-link(8), rtnetlink(7)).
namespace kvs::netlink {

inline constexpr size_t kMaxLinkName = 15;    // bytes (IFNAMSIZ - 1)
inline constexpr size_t kMaxLinkAlias = 255;  // bytes (IFALIASZ - 1)
inline constexpr size_t kMaxAltName = 127;    // bytes (ALTIFNAMSIZ - 1)

struct Link {
  int index = 0;
  std::string name;
  std::string kind;  // "veth", "tun", "openvswitch"; empty for hardware and lo
  Mac mac;
  uint32_t mtu = 0;      // bytes
  bool up = false;       // as set by the administrator
  bool carrier = false;  // the other end is up too
  uint32_t group = 0;
  std::string alias;
  std::vector<std::string> alt_names;  // further names of it, each as unique as a name
  int master = 0;  // the index of the bridge or switch it is a port of; 0 if none
  int peer = 0;    // the index of a veth's other end; 0 if none
  std::optional<int>
      peer_nsid;  // the other end's namespace, as this one numbers it; none: this one

  friend bool operator==(const Link&, const Link&) = default;
};

// A link by index or by name.
class LinkId {
 public:
  LinkId(int index) : id_(index) {}                     // NOLINT(google-explicit-constructor)
  LinkId(std::string name) : id_(std::move(name)) {}    // NOLINT(google-explicit-constructor)
  LinkId(const char* name) : id_(std::string(name)) {}  // NOLINT(google-explicit-constructor)
  LinkId(const Link& link) : id_(link.index) {}         // NOLINT(google-explicit-constructor)

  int index() const;         // 0 if it is a name
  std::string name() const;  // empty if it is an index

 private:
  std::variant<int, std::string> id_;
};

// What to set on a link; absent fields stay unchanged.
struct LinkChange {
  std::optional<bool> up;
  std::optional<Mac> mac;
  std::optional<uint32_t> mtu;
  std::optional<uint32_t> group;
  std::optional<std::string> alias;
  std::optional<int> master;                  // 0: leave the bridge
  std::optional<uint8_t> ipv6_addr_gen_mode;  // IN6_ADDR_GEN_MODE_NONE: no link-local address
  // net.ipv4.conf settings of the link, by IPV4_DEVCONF_* of <linux/ip.h> (rp_filter, forwarding,
  // ...). Works also where /proc/sys is read-only.
  std::vector<std::pair<uint32_t, uint32_t>> ipv4_conf;

  friend bool operator==(const LinkChange&, const LinkChange&) = default;
};

Request CreateLink(std::string_view name, std::string_view kind);  // "bridge", "dummy"; EEXIST
Request SetLink(const LinkId& link, const LinkChange& change);     // ENODEV
// At most kMaxAltName bytes each. EEXIST; EOPNOTSUPP or EINVAL before Linux 5.5.
Request AddAltNames(const LinkId& link, const std::vector<std::string>& names);
Request DeleteLink(const LinkId& link);  // ENODEV
// Deletes all links of the group with one request: 100 links take as long as two requests. ENODEV
// if there is none. Group 0, the default of every link, is refused (EPERM).
Request DeleteLinkGroup(uint32_t group);

// Errors: ENODEV if there is no such link.
Result<Link> FindLink(Socket& socket, const LinkId& link);
Result<std::vector<Link>> DumpLinks(Socket& socket);
// The other end of a veth, in any namespace. ENODEV: the kernel does not report one.
Result<Link> FindPeer(Socket& socket, const Link& link);

// The body of RTM_NEWLINK and RTM_DELLINK; nullopt if it does not describe a link.
std::optional<Link> DecodeLink(Bytes body);

}  // namespace kvs::netlink
