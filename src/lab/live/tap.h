#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "lab/live/frame.h"

// For tests that ask where a frame gets to: every frame carries a mark of its own somewhere in its
// bytes, and taps on all links of a lab look for marks, whatever the headers have become.
namespace kvs::lab {

// 16 bytes, unique by `number` within this process: "kvs" and hex digits.
Bytes Mark(uint32_t number);

// A packet socket (packet(7)) on a link: what is sent by it is on the wire as it is, and it sees
// the marks of all frames there.
class Tap {
 public:
  enum class Sees { kIncoming, kAll };

  static Result<std::unique_ptr<Tap>> Open(const std::string& netns, const std::string& link,
                                           Sees sees);

  Result<> Send(const Bytes& frame) const;
  // Whether a frame with this mark has come, as of the last Listen().
  bool Saw(const Bytes& mark) const { return seen_.contains(mark); }

 private:
  friend void Listen(const std::vector<Tap*>& taps, std::chrono::milliseconds time);
  explicit Tap(Fd fd) : fd_(std::move(fd)) {}
  void Drain();

  Fd fd_;
  std::set<Bytes> seen_;
};

// Reads what comes to the taps for so long.
void Listen(const std::vector<Tap*>& taps, std::chrono::milliseconds time);

}  // namespace kvs::lab
