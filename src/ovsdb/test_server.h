#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "io/loop.h"
#include "ovsdb/blocking_client.h"

// For live tests: a real ovsdb-server (and, where a test needs one, an ovs-vswitchd with dummy
// devices) in a temporary folder.
namespace kvs::ovsdb {

inline BlockingClient::Deadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
inline BlockingClient::Deadline Soon() { return In(std::chrono::seconds(10)); }

// Runs the loop until `done` is true; false if that takes longer than 10 s.
inline bool RunUntil(io::Loop& loop, const std::function<bool()>& done) {
  io::Timer look(loop, [&] {
    if (done()) loop.Stop();
  });
  io::Timer give_up(loop, [&] { loop.Stop(); });
  look.StartRepeating(std::chrono::milliseconds(1));
  give_up.Start(std::chrono::seconds(10));
  if (!done()) loop.Run();
  return done();
}

class TestServer {
 public:
  TestServer() {
    std::string name = "/tmp/kvs-ovsdb-XXXXXX";
    dir_ = mkdtemp(name.data());
    Wait(Spawn({"ovsdb-tool", "create", file(), "/usr/share/openvswitch/vswitch.ovsschema"}));
    Start();
    auto client = BlockingClient::Connect(path(), Soon());
    Transaction transaction;
    const RowRef root = transaction.Insert(Table::kOpenVSwitch, {});
    root_ = (*client)->Transact(transaction, Soon()).value().IdOf(root);
  }
  ~TestServer() {
    for (const pid_t pid : {vswitchd_, server_}) Kill(pid);
    std::filesystem::remove_all(dir_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  void Start() {
    server_ = Spawn({"ovsdb-server", "--remote=punix:" + path(), "--unixctl=" + dir_ + "/d.ctl",
                     "-vconsole:off", "--log-file=" + dir_ + "/d.log", file()});
    while (!BlockingClient::Connect(path(), Soon()))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void Stop() { Kill(std::exchange(server_, 0)); }
  void StartVswitchd() {
    setenv("OVS_RUNDIR", dir_.c_str(), 1);
    vswitchd_ = Spawn({"ovs-vswitchd", "--enable-dummy=override", "--disable-system",
                       "--disable-system-route", "--unixctl=" + dir_ + "/v.ctl", "-vconsole:off",
                       "--log-file=" + dir_ + "/v.log", "unix:" + path()});
  }
  // Changes the database while the server is stopped.
  void TransactOffline(const std::string& operations) {
    Wait(Spawn({"ovsdb-tool", "transact", file(), "[\"Open_vSwitch\"," + operations + "]"}));
  }

  std::string path() const { return dir_ + "/db.sock"; }
  std::string file() const { return dir_ + "/conf.db"; }
  const Uuid& root() const { return root_; }

 private:
  static pid_t Spawn(const std::vector<std::string>& command) {
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!freopen("/dev/null", "w", stdout)) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  static void Wait(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) std::abort();
  }
  static void Kill(pid_t pid) {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }

  std::string dir_;
  pid_t server_ = 0, vswitchd_ = 0;
  Uuid root_;
};

}  // namespace kvs::ovsdb
