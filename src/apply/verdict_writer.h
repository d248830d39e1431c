#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "ovsdb/session.h"

namespace kvs::apply {

// Tells the CNI plugin, on the Interface, that a pod's port is open and its flows are in the switch
// (kvs.realized), or why that will not be (kvs.error).
class VerdictWriter {
 public:
  struct Judge {
    std::function<uint64_t()> applied;                               // revision that the switch has
    std::function<bool(const ovsdb::Interface&)> other_parts_ready;  // besides flows
    std::function<std::string(const ovsdb::Interface&)> objection;   // "": none
  };

  VerdictWriter(ovsdb::Session& session, Judge judge)
      : session_(session), judge_(std::move(judge)) {}

  // Interfaces that appeared or changed; what is ours and has no verdict yet waits for one.
  void Note(const ovsdb::Change& change);
  // Everything noted so far is part of this revision.
  void Stamp(uint64_t revision);
  // Writes the verdicts that are due, all in one transaction.
  void Write();

  size_t waiting() const { return waiting_.size(); }

 private:
  ovsdb::Session& session_;
  Judge judge_;
  std::map<std::string, uint64_t> waiting_;  // by interface name; revision, or 0: not stamped yet
  bool busy_ = false;
};

}  // namespace kvs::apply
