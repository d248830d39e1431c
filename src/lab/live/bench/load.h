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

// Load for the benchmarks: our own packets between two network namespaces, and measurements.
// Blocking, with one thread at each end. When packets are answered one by one, both threads stay on
// one CPU: otherwise the result would depend on the scheduler.
namespace kvs::lab {

// Where packets go: from a namespace to an address in another.
struct Path {
  std::string client;  // namespaces
  std::string server;
  Ip address;  // of the server
};

// The TCP server: serves one connection after the other until it is destroyed. It answers a single
// byte by a byte, and discards larger amounts.
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

// Each of these needs a Responder at the path's end, and fails if nothing arrives for 5 s.
//
// Transactions per second over one connection: a byte there, a byte back, one at a time.
Result<double> RequestResponse(const Path& path, int transactions);
// The same with one connection each: connect, a byte there, a byte back, close.
Result<double> ConnectRequestResponse(const Path& path, int connections);
// Gbit/s of one TCP connection, from the first byte sent to the last one received.
Result<double> Throughput(const Path& path, std::chrono::milliseconds time);

// A stream of numbered UDP packets at a steady rate, and which of them arrived. The receiver runs a
// second longer than the sender.
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

  Count Finish();  // waits until it has ended

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
