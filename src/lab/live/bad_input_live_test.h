#pragma once

#include <signal.h>

#include <random>
#include <sstream>
#include <string>

#include "base/file.h"
#include "lab/live/live_lab.h"

namespace kvs::lab {

// The content; empty if the file can't be read.
inline std::string Read(const std::string& path) { return ReadFile(path).value_or(""); }

inline size_t CountIn(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

inline std::string Garbage(size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Wrong input of users and faults of the environment: each gives one clear message where users
// look, all pods that had connectivity keep it, and everything recovers when the fault is
// corrected.
class BadInputLiveTest : public LiveLab {
 protected:
  std::string ControllerLog() { return Read(lab_->state().Path("k-vswitch-controller.log")); }
  // What the controller has written for a node.
  std::string Accepted(const std::string& of = "node2") {
    return Read(fmt::format("{}/.kvswitch/vswitchconfig.{}.controller.yaml",
                            lab_->options().manifests, of));
  }
  std::string AgentLog() { return Read(node().Log("k-vswitchd")); }
  void ExpectHealthy() {
    for (const auto& [name, machine] : lab_->nodes())
      EXPECT_TRUE(Eventually([&] { return Problems(*machine) == "ok\n"; }))
          << name << ": " << Problems(*machine);
    ExpectMended();
  }
  // A node's link that has its address, as `ip -o address` prints it.
  std::string LinkOf(const Node& of) {
    const auto told = exec::Check(
        of.Here({"ip", "-o", "address", "show", "to", of.addresses().front().ToString()}));
    std::istringstream words(told.value_or(""));
    std::string number, link;
    words >> number >> link;
    return link;
  }
  std::string RestartAgent() {
    const auto stopped = node().Stop("k-vswitchd", SIGKILL);
    const auto started = stopped ? node().StartAgent() : stopped;
    return started ? "" : started.error().message;
  }
};

}  // namespace kvs::lab
