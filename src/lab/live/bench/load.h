#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/net.h"
#include "base/result.h"

// Load for the benchmarks: packets of our own between two network namespaces, and how they fared.
// Blocking, with a thread at each end. Where each is answered by the other, both stay on one CPU:
// else the scheduler's choice is what is measured.
namespace kvs::lab {

// Where packets go: from a namespace to an address of another.
struct Path {
  std::string client;  // namespaces
  std::string server;
  Ip address;  // of the server
};

// The far end of TCP: serves one connection after the other until it is destroyed. A byte that
// comes alone is answered by a byte, what comes in larger pieces is swallowed.
class Responder {
 public:
  static constexpr uint16_t kPort = 9000;
  static Result<std::unique_ptr<Responder>> Open(const std::string& netns);
  ~Responder();
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

 private:
  explicit Responder(Fd listener);
  void Serve() const;

  Fd listener_;
  std::thread thread_;
};

// Each needs a Responder at the path's end, and fails if nothing comes for 5 s.
//
// Transactions per second over one connection: a byte there, a byte back, one at a time.
Result<double> RequestResponse(const Path& path, int transactions);
// The same with a connection for each: connect, a byte there, a byte back, close.
Result<double> ConnectRequestResponse(const Path& path, int connections);
// Gbit/s of one TCP connection, from the first byte sent to the last one received.
Result<double> Throughput(const Path& path, std::chrono::milliseconds time);

// A stream of numbered UDP packets at a steady rate, and which of them arrived. The receiver
// outlives the sender by a second.
class Stream {
 public:
  struct Count {
    uint64_t sent = 0;
    uint64_t received = 0;  // distinct ones
  };

  static Result<std::unique_ptr<Stream>> Start(const Path& path, int per_second, uint64_t packets);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Count Finish();  // waits for its end

 private:
  Stream(Fd sender, Fd receiver, int per_second, uint64_t packets);
  void Send(int per_second);
  void Receive();

  Fd sender_, receiver_;
  uint64_t sent_ = 0;
  std::vector<bool> arrived_;  // by number
  std::atomic<bool> over_ = false;
  std::thread sending_, receiving_;
};

}  // namespace kvs::lab
