#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "lab/live/bad_input_live_test.h"
#include "lab/live/unused_ip.h"
#include "ovsdb/blocking_client.h"

// Sockets on which nonsense is talked, and disks that are full.
namespace kvs::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

ovsdb::BlockingClient::Deadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// Has the name of a Unix socket, and tells garbage to whoever connects. The socket gets its name
// back at the end.
class Babbler {
 public:
  explicit Babbler(std::string path) : path_(std::move(path)) {
    fs::rename(path_, path_ + ".true");
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = Address(path_);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    thread_ = std::thread([this] {
      for (int fd = 0; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(fd)) {
        const std::string bytes = Garbage(5000);
        send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        char rest[256];
        while (recv(fd, rest, sizeof rest, 0) > 0) continue;
      }
    });
  }
  ~Babbler() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    fs::rename(path_ + ".true", path_);
  }
  Babbler(const Babbler&) = delete;
  Babbler& operator=(const Babbler&) = delete;

 private:
  std::string path_;
  int listener_ = -1;
  std::thread thread_;
};

// A file system of 1 MiB.
class SmallDisk {
 public:
  SmallDisk() {
    char path[] = "/tmp/kvs-disk-XXXXXX";
    path_ = mkdtemp(path);
    EXPECT_EQ(mount("kvs-test", path_.c_str(), "tmpfs", 0, "size=1m"), 0);
  }
  ~SmallDisk() {
    if (!over_.empty()) umount2(over_.c_str(), MNT_DETACH);
    umount2(path_.c_str(), MNT_DETACH);
    fs::remove(path_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  // Takes the place of a folder, with what is in it.
  void Cover(const std::string& folder) {
    fs::copy(folder, path_, fs::copy_options::recursive);
    EXPECT_EQ(mount(path_.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr), 0);
    over_ = folder;
  }
  void Fill() const {
    std::ofstream file(path_ + "/filler", std::ios::app);
    while (file << std::string(4096, 'x') << std::flush) continue;
  }
  void Free() const { fs::remove(path_ + "/filler"); }

 private:
  std::string path_, over_;
};

// A node without pods of ours waits for it (test/cluster/checks/migration).
TEST_F(BadInputLiveTest, WhatIsLeftOfAnotherPluginStopsNoNodeThatServes) {
  const std::string other = UnusedPodIp(*lab_, "node1").ToString();
  ASSERT_TRUE(exec::Check(node().Here({"ip", "link", "add", "cni0", "type", "bridge"})));
  ASSERT_TRUE(exec::Check(node().Here({"ip", "address", "add", other + "/32", "dev", "cni0"})));
  EXPECT_TRUE(Told("Host another network: link cni0 has " + other));
  EXPECT_TRUE(
      Told("it is a remnant of another network plugin, and k-vswitch serves the pods here: no pod "
           "uses it any more: ip link delete cni0"));
  ASSERT_EQ(RestartAgent(), "");
  EXPECT_TRUE(Told("it is a remnant of another network plugin"))
      << "another agent served them before";
  EXPECT_TRUE(AllReached()) << last_;
  Do({"nft", "delete", "table", "inet", "k-vswitch"});
  EXPECT_TRUE(Eventually([&] {
    return Ask({"nft", "list", "tables"}).find("inet k-vswitch") != std::string::npos;
  }));
  EXPECT_TRUE(lab_->AddPod("shop/new", "node1"));
  ASSERT_TRUE(lab_->RemovePod("shop/new"));
  ASSERT_TRUE(exec::Check(node().Here({"ip", "link", "delete", "cni0"})));
  EXPECT_TRUE(Eventually([&] { return lab_->Sync().has_value(); }));
  ExpectHealthy();
}

// An address of the pods on a link that is no plugin's is a mistake, and the link stays.
TEST_F(BadInputLiveTest, AnAddressOfThePodsOnAPodsLinkIsNoOtherNetwork) {
  const Pod& pod = PodOn("node1");
  const std::string address = UnusedPodIp(*lab_, "node1").ToString() + "/32";
  Do({"ip", "address", "add", address, "dev", pod.port});
  EXPECT_TRUE(Told(fmt::format("remove it: ip address del {} dev {}", address, pod.port)));
  EXPECT_EQ(Problems().find("ip link delete"), std::string::npos) << Problems();
  ASSERT_EQ(RestartAgent(), "");
  EXPECT_TRUE(Told("remove it: ip address del"));
  EXPECT_TRUE(AllReached()) << last_;
  Do({"ip", "address", "del", address, "dev", pod.port});
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, WhereSomebodysRuleLeadsPacketsForPodsIsTold) {
  Do({"ip", "rule", "add", "to", "10.244.0.0/16", "prohibit", "pref", "100"});
  EXPECT_TRUE(
      Told("packets from this node to pods don't go to their next hop on k-vswitch0, because of an "
           "ip rule or route that is not k-vswitch's: 10.244.1.0/24 "
           "(nowhere)"))
      << Problems();
  Do({"ip", "rule", "delete", "pref", "100"});
  Do({"ip", "address", "add", "10.244.2.7/24", "dev", "k-vswitch0"});
  EXPECT_TRUE(Told("10.244.2.0/24 (to 10.244.2.3 by link k-vswitch0)")) << Problems();
  Do({"ip", "address", "delete", "10.244.2.7/24", "dev", "k-vswitch0"});
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, GarbageFromOpenVSwitchIsSurvived) {
  {
    const Babbler switch_babbles(node().ovs_dir() + "/k-vswitch0.mgmt");
    {
      const Babbler database_babbles(node().ovsdb_socket());
      ASSERT_EQ(RestartAgent(), "");
      EXPECT_TRUE(Told("OVSDB connection: OVSDB at " + node().ovsdb_socket()));
      EXPECT_THAT(Problems(), HasSubstr("try: systemctl status openvswitch-switch"));
      EXPECT_TRUE(Eventually([&] {
        return Read(lab_->options().manifests + "/.kvswitch/vswitchconfig.node1.agent.yaml")
                   .find("reason: OVSUnreachable") != std::string::npos;
      }));
      const auto added = lab_->AddPod("shop/late", "node1");
      EXPECT_THAT(added ? "added" : added.error().message,
                  AllOf(HasSubstr("\"code\":11"), HasSubstr("database")));
      EXPECT_TRUE(AllReached()) << last_;
    }
    EXPECT_TRUE(Told("the peer does not speak OpenFlow"));
    EXPECT_THAT(Problems(), Not(HasSubstr("OVSDB")));
    EXPECT_TRUE(AllReached()) << last_;
  }
  ExpectHealthy();
  EXPECT_TRUE(lab_->Sync());
  ExpectMended();
  EXPECT_LE(CountIn(AgentLog(), "does not speak OpenFlow"), 1u) << "one trouble, one line";
  EXPECT_LE(CountIn(AgentLog(), "OVSDB at"), 1u);
}

TEST_F(BadInputLiveTest, GarbageToTheAgentIsSurvived) {
  const sockaddr_un address = Address(node().agent_socket());
  std::vector<int> callers;
  for (const std::string& said : {std::string(), Garbage(5000), std::string("GET / HTTP/9\r\n\r\n"),
                                  "GET /" + std::string(1 << 20, 'x'),
                                  "PUT /v1/log-level?level=%zz HTTP/1.1\r\n\r\n" + Garbage(100),
                                  std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")})
    for (int i = 0; i < 20; ++i) {
      const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      fcntl(fd, F_SETFL, O_NONBLOCK);
      send(fd, said.data(), said.size(), MSG_NOSIGNAL);
      callers.push_back(fd);
    }
  EXPECT_TRUE(Eventually([&] { return Problems() == "ok\n"; })) << Problems();
  EXPECT_TRUE(node().Runs("k-vswitchd"));
  for (const int fd : callers) close(fd);
  ExpectHealthy();
}

// A disk may fill up between a pod's port and its verdict.
TEST_F(BadInputLiveTest, AFullDiskUnderTheDatabase) {
  const SmallDisk disk;
  const std::string database = node().ovs_dir() + "/conf.db";
  ASSERT_TRUE(node().Stop("ovsdb-server", SIGKILL));
  fs::copy(database, disk.path());
  fs::remove(database);
  fs::create_symlink(disk.path() + "/conf.db", database);
  ASSERT_TRUE(node().StartOvsdb());
  ExpectHealthy();

  const auto agent = lab_->state().Find("nodes/node1/k-vswitchd");
  ASSERT_TRUE(agent);
  const auto fill = [&] {
    disk.Fill();
    auto client = ovsdb::BlockingClient::Connect(node().ovsdb_socket(), In(5s));
    ASSERT_TRUE(client) << client.error().message;
    ovsdb::Transaction reading;
    reading.Select(ovsdb::Table::kOpenVSwitch, {}, {"external_ids"});
    const auto read = (*client)->Transact(std::move(reading), In(5s));
    ASSERT_TRUE(read) << read.error().message;
    for (int i = 0;; ++i) {  // the last block, to the last byte
      ovsdb::Transaction writing;
      writing.SetExternalIds(ovsdb::Table::kOpenVSwitch, read->selected.root()->uuid,
                             {{"f", std::to_string(i % 9)}});
      if (!(*client)->Transact(std::move(writing), In(5s))) return;
    }
  };
  Do({"curl", "-s", "-X", "PUT", "--unix-socket", node().agent_socket(),
      "http://agent/v1/log-level?level=debug"});
  exec::Signal(*agent, SIGSTOP);
  std::string told;
  std::thread adding([&] {
    const auto added = lab_->AddPod("shop/late", "node1");
    told = added ? "added" : added.error().message;
  });
  EXPECT_TRUE(Eventually([&] {  // ovs-vswitchd has numbered the new one too
    return CountIn(Ask({"ovs-vsctl", "--timeout=5", "--bare", "--columns=name", "find", "Interface",
                        "ofport>0"}),
                   "kv") == 3;
  }));
  fill();
  const auto began = std::chrono::steady_clock::now();
  exec::Signal(*agent, SIGCONT);
  EXPECT_TRUE(Told("OVSDB storage: "));
  EXPECT_THAT(Problems(), HasSubstr("the database cannot be written; is its disk full?"));
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_LE(CountIn(AgentLog(), "OVSDB: attachment status"), 4u + static_cast<size_t>(took / 1s))
      << "asked again every second, no oftener";
  disk.Free();
  adding.join();
  EXPECT_EQ(told, "added");
  EXPECT_EQ(CountIn(AgentLog(), "trying again"), 1u);
  ExpectHealthy();

  fill();
  const auto added = lab_->AddPod("shop/later", "node1");
  EXPECT_THAT(added ? "added" : added.error().message,
              AllOf(HasSubstr("\"code\":5"), HasSubstr("is its disk full?")));
  EXPECT_TRUE(AllReached()) << last_;
  disk.Free();
  EXPECT_TRUE(lab_->Sync());
  ExpectHealthy();
}

TEST_F(BadInputLiveTest, AFullDiskUnderTheConfigurations) {
  SmallDisk disk;
  const std::string good = Read(lab_->options().manifests + "/nodes.yaml");
  disk.Cover(lab_->options().manifests + "/.kvswitch");
  // Programs have mounts of their own: only those that start now see this one.
  ASSERT_TRUE(lab_->StopController(SIGTERM));
  ASSERT_TRUE(lab_->StartController());
  disk.Fill();
  ASSERT_EQ(RestartAgent(), "");
  EXPECT_TRUE(Told("Kubernetes status: VSwitchConfig/node1: write "));
  EXPECT_THAT(Problems(), HasSubstr("No space left on device; free some space there"));
  Manifest("nodes.yaml", good + "    - type: InternalIP\n      address: x\n");
  EXPECT_TRUE(Eventually([&] {
    return ControllerLog().find("No space left on device; free some space there; trying again") !=
           std::string::npos;
  }));
  EXPECT_TRUE(AllReached()) << last_;
  std::this_thread::sleep_for(1500ms);
  EXPECT_EQ(CountIn(AgentLog(), "No space left on device"), 1u);
  EXPECT_EQ(CountIn(ControllerLog(), "No space left on device"), 1u);
  disk.Free();
  EXPECT_TRUE(Eventually([&] { return Accepted().find("OverlayIPInvalid") != std::string::npos; }));
  Manifest("nodes.yaml", good);
  ExpectHealthy();
}

}  // namespace
}  // namespace kvs::lab
