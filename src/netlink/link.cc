#include "netlink/link.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace kvs::netlink {
namespace {

// The message's start: which link it is about. Flags that are set in `change` become as in `flags`.
Message Start(uint16_t type, uint16_t flags, const LinkId& link, unsigned up = 0,
              unsigned change = 0) {
  Message message(type, flags);
  message.Struct(ifinfomsg{
      .ifi_family = AF_UNSPEC, .ifi_index = link.index(), .ifi_flags = up, .ifi_change = change});
  if (link.index() == 0) message.PutText(IFLA_IFNAME, link.name());
  return message;
}

void PutFamilies(Message& message, const LinkChange& change) {
  if (change.ipv4_conf.empty() && !change.ipv6_addr_gen_mode) return;
  message.Nest(IFLA_AF_SPEC, [&](Message& families) {
    if (!change.ipv4_conf.empty())
      families.Nest(AF_INET, [&](Message& inet) {
        inet.Nest(IFLA_INET_CONF, [&](Message& conf) {
          for (const auto& [setting, value] : change.ipv4_conf)
            conf.PutU32(static_cast<uint16_t>(setting), value);
        });
      });
    if (change.ipv6_addr_gen_mode)
      families.Nest(AF_INET6, [&](Message& inet6) {
        inet6.PutU8(IFLA_INET6_ADDR_GEN_MODE, *change.ipv6_addr_gen_mode);
      });
  });
}

// Ends the message; its description ends with the link's name.
Request AskingOf(Message& message, const std::string& what, const LinkId& link) {
  const int index = link.index();
  return message.Asking(index == 0 ? what + " " + link.name() : what, index);
}

std::string Describe(const LinkChange& change) {
  std::string what = "set";
  if (change.up) what += *change.up ? " up" : " down";
  if (change.mac) what += " address " + change.mac->ToString();
  if (change.mtu) what += fmt::format(" mtu {}", *change.mtu);
  if (change.group) what += fmt::format(" group {}", *change.group);
  if (change.alias) what += fmt::format(" alias '{}'", *change.alias);
  if (change.master) what += fmt::format(" master {}", *change.master);
  if (change.ipv6_addr_gen_mode) what += fmt::format(" addrgenmode {}", *change.ipv6_addr_gen_mode);
  for (const auto& [setting, value] : change.ipv4_conf)
    what += fmt::format(" ipv4 setting {} = {}", setting, value);
  return what + " of link";
}

std::vector<std::string> AltNames(const Attributes& link) {
  std::vector<std::string> names;
  for (const Bytes name : link.Nested(IFLA_PROP_LIST).All(IFLA_ALT_IFNAME))
    names.emplace_back(name.begin(), std::ranges::find(name, 0));
  return names;
}

}  // namespace

int LinkId::index() const { return std::holds_alternative<int>(id_) ? std::get<int>(id_) : 0; }
std::string LinkId::name() const {
  return std::holds_alternative<int>(id_) ? "" : std::get<std::string>(id_);
}

Request CreateLink(std::string_view name, std::string_view kind) {
  return Start(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, std::string(name))
      .Nest(IFLA_LINKINFO, [&](Message& info) { info.PutText(IFLA_INFO_KIND, kind); })
      .Asking(fmt::format("create link {} of kind {}", name, kind));
}

Request SetLink(const LinkId& link, const LinkChange& change) {
  Message message =
      Start(RTM_SETLINK, 0, link, change.up.value_or(false) ? IFF_UP : 0, change.up ? IFF_UP : 0);
  if (change.mac) message.Put(IFLA_ADDRESS, *change.mac);
  if (change.mtu) message.PutU32(IFLA_MTU, *change.mtu);
  if (change.group) message.PutU32(IFLA_GROUP, *change.group);
  if (change.alias) {  // without the zero byte, which the kernel would count
    const auto* text = reinterpret_cast<const uint8_t*>(change.alias->data());
    message.Put(IFLA_IFALIAS, Bytes{text, std::min(change.alias->size(), kMaxLinkAlias + 1)});
  }
  if (change.master) message.PutU32(IFLA_MASTER, static_cast<uint32_t>(*change.master));
  PutFamilies(message, change);
  return AskingOf(message, Describe(change), link);
}

Request AddAltNames(const LinkId& link, const std::vector<std::string>& names) {
  Message message = Start(RTM_NEWLINKPROP, 0, link);
  message.Nest(IFLA_PROP_LIST | NLA_F_NESTED, [&](Message& list) {
    for (const std::string& name : names) list.PutText(IFLA_ALT_IFNAME, name);
  });
  return AskingOf(message, "add alternative names of link", link);
}

Request DeleteLink(const LinkId& link) {
  Message message = Start(RTM_DELLINK, 0, link);
  return AskingOf(message, "delete link", link);
}

Request DeleteLinkGroup(uint32_t group) {
  return Message(RTM_DELLINK, 0)
      .Struct(ifinfomsg{.ifi_family = AF_UNSPEC})
      .PutU32(IFLA_GROUP, group)
      .Asking(fmt::format("delete links of group {}", group));
}

Result<Link> FindLink(Socket& socket, const LinkId& link) {
  Message message = Start(RTM_GETLINK, 0, link);
  message.PutU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  const Request request = AskingOf(message, "find link", link);
  auto found = socket.Read(request, DecodeLink);
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->empty()) return FailErrno(ENODEV, "{}", socket.Words(request));
  return std::move(found->front());
}

Result<std::vector<Link>> DumpLinks(Socket& socket) {
  return socket.Read(Message(RTM_GETLINK, NLM_F_DUMP)
                         .Struct(ifinfomsg{.ifi_family = AF_UNSPEC})
                         .PutU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
                         .Asking("read links"),
                     DecodeLink);
}

// Before Linux 4.15, the kernel ignores the namespace and returns a link of this one.
Result<Link> FindPeer(Socket& socket, const Link& link) {
  if (link.peer == 0) return FailErrno(ENODEV, "find the other end of link {}", link.name);
  Message message = Start(RTM_GETLINK, 0, link.peer);
  message.PutU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  if (link.peer_nsid) message.PutU32(IFLA_TARGET_NETNSID, static_cast<uint32_t>(*link.peer_nsid));
  auto found = socket.Read(message.Asking("find the other end of link " + link.name), DecodeLink);
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->empty() || found->front().peer != link.index)
    return FailErrno(ENODEV, "find the other end of link {}", link.name);
  return std::move(found->front());
}

std::optional<Link> DecodeLink(Bytes body) {
  const auto info = TakeStruct<ifinfomsg>(body);
  // AF_BRIDGE: a message of a bridge about its port; the link itself may still exist when it
  // reports a deletion.
  if (!info || info->ifi_family != AF_UNSPEC) return std::nullopt;
  const Attributes attributes(body);
  Link link{
      .index = info->ifi_index,
      .name = attributes.Text(IFLA_IFNAME),
      .kind = attributes.Nested(IFLA_LINKINFO).Text(IFLA_INFO_KIND),
      .mac = attributes.MacAt(IFLA_ADDRESS).value_or(Mac{}),
      .mtu = attributes.U32(IFLA_MTU).value_or(0),
      .up = (info->ifi_flags & IFF_UP) != 0,
      .carrier = (info->ifi_flags & IFF_LOWER_UP) != 0,
      .group = attributes.U32(IFLA_GROUP).value_or(0),
      .alias = attributes.Text(IFLA_IFALIAS),
      .alt_names = AltNames(attributes),
      .master = static_cast<int>(attributes.U32(IFLA_MASTER).value_or(0)),
  };
  if (link.index <= 0 || link.name.empty()) return std::nullopt;
  if (link.kind == "veth") {
    link.peer = static_cast<int>(attributes.U32(IFLA_LINK).value_or(0));
    if (const auto nsid = attributes.U32(IFLA_LINK_NETNSID))
      link.peer_nsid = static_cast<int>(*nsid);
  }
  return link;
}

}  // namespace kvs::netlink
