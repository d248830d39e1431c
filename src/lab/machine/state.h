#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exec/process.h"

// What a lab has on this machine, recorded so that any later program can find and remove it:
//   /run/kvs-lab/NAME/            the state folder; see the paths below
//   /run/netns/kvs-NAME-*         network namespaces: one per node and pod, "underlay", "outside"
// Every process of a lab is in one of its namespaces, so it is found even if its record was not
// written (the lab was killed before). Nothing is created outside of them: no link, address or
// process in the machine's own namespace.
namespace kvs::lab {

class State {
 public:
  // `name`: 1 to 16 of [a-z0-9]; anything else is an Error.
  static Result<State> Of(const std::string& name);
  // Names of the labs that have a state folder or a namespace.
  static std::vector<std::string> Labs();

  const std::string& name() const { return name_; }
  const std::string& folder() const { return folder_; }
  std::string Path(const std::string& below) const { return folder_ + "/" + below; }
  std::string Netns(const std::string& what) const { return "kvs-" + name_ + "-" + what; }

  bool Exists() const;
  Result<> Make() const;

  // Records of processes, by a name such as "node1/agent".
  Result<> Note(const std::string& what, const exec::Process& process) const;
  void Forget(const std::string& what) const;
  std::map<std::string, exec::Process> Processes() const;
  Result<exec::Process> Find(const std::string& what) const;
  bool Runs(const std::string& what) const;

  // Records something that the lab made outside the folder: Clean removes it too.
  Result<> Own(const std::string& path) const;

  // Ends every process of the lab, removes its namespaces, the recorded paths and the folder. No
  // error if there is nothing. The Error names anything that can't be removed.
  Result<> Clean() const;

 private:
  explicit State(std::string name);
  std::string name_;
  std::string folder_;
};

// Held by the process that runs a lab; if it can be taken, no living process runs it.
class Lock {
 public:
  // An Error if a living process holds it.
  static Result<Lock> Take(const State& state);
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Lock& operator=(Lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kvs::lab
