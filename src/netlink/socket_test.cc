#include "netlink/socket.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/remedy.h"
#include "netlink/route.h"

// What the kernel of this machine refuses whoever asks: nothing is changed, and no right is needed.
namespace kvs::netlink {
namespace {

constexpr int kLoopback = 1, kNobody = 0x7fffff00;

std::string ErrorOf(const Request& request) {
  const auto socket = Socket::Open();
  if (!socket) return socket.error().message;
  const auto done = (*socket)->Do(request);
  return done ? "none" : done.error().message;
}

TEST(Socket, NamesTheLinkOfWhatWasRefused) {
  const std::string taken =
      ErrorOf(AddAddress({.link = kLoopback, .ip = Ip4{{127, 0, 0, 1}}, .length = 8}));
  EXPECT_TRUE(taken.starts_with("add address 127.0.0.1/8 of link lo: ")) << taken;
  const auto gone = [](const Request& request, std::string_view what) {
    const std::string error = ErrorOf(request);
    EXPECT_TRUE(error.starts_with(fmt::format("{} number {}, which is gone: ", what, kNobody)))
        << error;
  };
  gone(SetLink(kNobody, {.up = true}), "set up of link");
  gone(AddAltNames(kNobody, {"other"}), "add alternative names of link");
  gone(DeleteLink(kNobody), "delete link");
  gone(DeleteAddress({.link = kNobody, .ip = Ip4{{10, 0, 0, 1}}, .length = 32}),
       "delete address 10.0.0.1/32 of link");
  gone(AddNeighbour({.link = kNobody, .ip = Ip4{{10, 0, 0, 1}}, .mac = Mac{}}),
       "add neighbour 10.0.0.1 of link");
  gone(AddRoute({.destination = *Prefix::Parse("10.9.0.0/16"), .link = kNobody}),
       "add route to 10.9.0.0/16 over link");
  const auto socket = Socket::Open();
  ASSERT_TRUE(socket);
  const auto found = FindLink(**socket, kNobody);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            fmt::format("find link number {}, which is gone: No such device", kNobody));
}

TEST(Socket, SaysWhatCanBeDoneWhereThatIsKnown) {
  EXPECT_NE(Remedy(RTM_NEWADDR, EACCES).find("disable_ipv6"), std::string_view::npos);
  EXPECT_NE(Remedy(RTM_NEWROUTE, ENETUNREACH).find("next hop"), std::string_view::npos);
  EXPECT_NE(Remedy(RTM_NEWNEIGH, ENOBUFS).find("gc_thresh3"), std::string_view::npos);
  EXPECT_NE(Remedy(RTM_DELLINK, EPERM).find("NET_ADMIN"), std::string_view::npos);
  EXPECT_EQ(Remedy(RTM_NEWADDR, EINVAL), "");
  // Taken for root, forbidden to others: there is a remedy for both.
  const std::string refused = ErrorOf(CreateLink("lo", "dummy"));
  EXPECT_NE(refused.find("; "), std::string::npos) << refused;
}

}  // namespace
}  // namespace kvs::netlink
