#include "netlink/namespace.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "netlink/interface.h"
#include "netlink/link.h"
#include "netlink/live_room.h"

namespace kvs::netlink {
namespace {

TEST(NamespaceLive, IsMadeOnceAndDeletedOnce) {
  const std::string name = "netlink-" + std::to_string(getpid()) + "-once";
  EXPECT_FALSE(Namespace::Exists(name));
  EXPECT_EQ(Code(Namespace::Delete(name)), ENOENT);
  ASSERT_TRUE(Namespace::Create(name));
  EXPECT_TRUE(Namespace::Exists(name));
  EXPECT_EQ(Code(Namespace::Create(name)), EEXIST);
  EXPECT_EQ(std::system(("ip netns exec " + name + " true").c_str()), 0);  // iproute2 knows it
  EXPECT_TRUE(Namespace::Delete(name));
  EXPECT_FALSE(Namespace::Exists(name));
  EXPECT_FALSE(std::filesystem::exists(Namespace::Path(name)));
}

TEST(NamespaceLive, RefusesNamesThatLeadElsewhere) {
  for (const char* name : {"", ".", "..", "../netlink", "a/b"}) {
    EXPECT_EQ(Code(Namespace::Create(name)), EINVAL) << name;
    EXPECT_EQ(Code(Namespace::Delete(name)), EINVAL) << name;
    EXPECT_FALSE(Namespace::Exists(name)) << name;
  }
}

TEST(NamespaceLive, WaitsForNobodyAtTheOtherEndOfAFile) {
  const std::string fifo = "/tmp/netlink-" + std::to_string(getpid()) + "-fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(Code(Namespace::Open(fifo)), EINVAL);
  std::filesystem::remove(fifo);
}

TEST(NamespaceLive, OpensNamespacesOnly) {
  EXPECT_EQ(Code(Namespace::Open("/run/netns/netlink-none")), ENOENT);
  const auto file = Namespace::Open("/etc/hostname");
  EXPECT_EQ(Code(file), EINVAL);
  EXPECT_NE(file.error().message.find("/etc/hostname is not a network namespace"),
            std::string::npos);
  EXPECT_EQ(Code(Namespace::Open("/proc/self/ns/mnt")), EINVAL);
}

TEST(NamespaceLive, RunsInsideAndComesBack) {
  const LiveRoom room("run");
  const auto home = Must(Namespace::Current());
  EXPECT_FALSE(home == room.in());
  const auto inside = room.in().Run([&]() -> Result<bool> {
    return *Namespace::Current() == room.in() && !(*Namespace::Current() == home);
  });
  EXPECT_TRUE(inside.value_or(false));
  EXPECT_TRUE(*Namespace::Current() == home);
  const auto failed = room.in().Run([]() -> Result<> { return Fail("work went wrong"); });
  EXPECT_EQ(failed.error().message, "work went wrong");
  EXPECT_TRUE(*Namespace::Current() == home);
}

TEST(NamespaceLive, CreateDoesNotMoveTheCaller) {
  const auto home = Must(Namespace::Current());
  const LiveRoom room("stay");
  EXPECT_TRUE(*Namespace::Current() == home);
}

TEST(NamespaceLive, LivesAsLongAsItIsHeld) {
  LiveRoom room("held");
  ASSERT_TRUE(Namespace::Delete(room.name()));
  EXPECT_TRUE(FindLink(room.socket(), "lo"));
  EXPECT_TRUE(room.in().Run([]() -> Result<> { return {}; }));
}

TEST(InterfaceLive, ChecksumOffloadIsOfTheNamespaceItRunsIn) {
  LiveRoom room("tx");
  ASSERT_TRUE(room.socket().Do(CreateLink("d0", "bridge")));
  EXPECT_EQ(Code(SetTxChecksumOffload("d0", false)), ENODEV);  // not here
  EXPECT_EQ(Code(SetTxChecksumOffload("a-name-too-long-for-it", false)), ENODEV);
  for (const bool on : {false, true}) {
    ASSERT_TRUE(room.in().Run([&] { return SetTxChecksumOffload("d0", on); }));
    EXPECT_EQ(room.in().Run([] { return TxChecksumOffload("d0"); }), Result<bool>(on));
    EXPECT_TRUE(room.Shell(std::string("ethtool -k d0 | grep -q 'tx-checksumming: ") +
                           (on ? "on'" : "off'")));
  }
}

TEST(InterfaceLive, SysctlsAreOfTheNamespaceItRunsIn) {
  LiveRoom room("sysctl");
  ASSERT_TRUE(room.socket().Do(CreateLink("a.b", "bridge")));
  const auto set = room.in().Run([]() -> Result<std::string> {
    if (auto written = WriteSysctl("net/ipv6/conf/a.b/accept_ra", "0"); !written)
      return tl::unexpected<Error>(written.error());
    return ReadSysctl("net/ipv6/conf/a.b/accept_ra");
  });
  EXPECT_EQ(set, Result<std::string>("0"));
  EXPECT_EQ(Code(ReadSysctl("net/ipv6/conf/a.b/accept_ra")), ENOENT);  // not here
  EXPECT_EQ(Code(WriteSysctl("net/ipv4/../../../etc/x", "0")), EINVAL);
  EXPECT_EQ(Code(room.in().Run([] { return WriteSysctl("net/ipv4/ip_forward", "x"); })), EINVAL);
}

}  // namespace
}  // namespace kvs::netlink
