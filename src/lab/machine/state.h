#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exec/process.h"

// What a lab has on this machine, kept so that any later program can find it and take it away:
//   /run/kvs-lab/NAME/            the state folder; see the paths below
//   /run/netns/kvs-NAME-*         network namespaces: one per node and pod, "underlay", "outside"
// Every process of a lab lives in one of its namespaces, so it is found even when the note about it
// was never written (the lab was killed in between). Nothing is made outside: no link, address or
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

  // Notes about processes, by a name such as "node1/agent".
  Result<> Note(const std::string& what, const exec::Process& process) const;
  void Forget(const std::string& what) const;
  std::map<std::string, exec::Process> Processes() const;
  Result<exec::Process> Find(const std::string& what) const;
  bool Runs(const std::string& what) const;

  // Something outside the folder that the lab makes: Clean removes it too.
  Result<> Own(const std::string& path) const;

  // Ends every process of the lab, removes its namespaces, what it owns and the folder. No error if
  // there is nothing. What can't be removed is named.
  Result<> Clean() const;

 private:
  explicit State(std::string name);
  std::string name_;
  std::string folder_;
};

// Who runs a lab holds its lock; one that can be had belongs to nobody alive.
class Lock {
 public:
  // An Error if somebody alive holds it.
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
