#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "lab/live/frame.h"

// For tests of where a frame arrives: every frame contains a unique mark, and taps on all links of
// a lab search for marks, however the headers have changed.
namespace kvs::lab {

// 16 bytes, unique by `number` within this process: "kvs" and hex digits.
Bytes Mark(uint32_t number);

// A packet socket (packet(7)) on a link: it sends frames unchanged, and sees the marks of all
// frames there.
class Tap {
 public:
  enum class Sees { kIncoming, kAll };

  static Result<std::unique_ptr<Tap>> Open(const std::string& netns, const std::string& link,
                                           Sees sees);

  Result<> Send(const Bytes& frame) const;
  // Whether a frame with this mark was seen up to the last Listen().
  bool Saw(const Bytes& mark) const { return seen_.contains(mark); }

 private:
  friend void Listen(const std::vector<Tap*>& taps, std::chrono::milliseconds time);
  explicit Tap(Fd fd) : fd_(std::move(fd)) {}
  void Drain();

  Fd fd_;
  std::set<Bytes> seen_;
};

// Reads frames from the taps for `time`.
void Listen(const std::vector<Tap*>& taps, std::chrono::milliseconds time);

}  // namespace kvs::lab
