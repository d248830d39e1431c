#include "agent/health_port.h"

namespace kvs::agent {
namespace {

constexpr std::chrono::milliseconds kAgain{2000};

}  // namespace

HealthPort::HealthPort(io::Loop& loop, std::string address, io::HttpServer::Serve serve)
    : loop_(loop),
      address_(std::move(address)),
      serve_(std::move(serve)),
      again_(loop, [this] { Listen(); }) {
  if (!address_.empty()) Listen();
}

void HealthPort::Listen() {
  auto made = io::HttpServer::OnTcp(loop_, address_, serve_);
  problem_.reset();
  if (made) {
    server_ = *std::move(made);
    return;
  }
  problem_ = {"Host", "health",
              made.error().message +
                  "; there are no metrics of this agent until that is free: see on this node: ss "
                  "-ltnp; or choose another --health-address",
              "HealthPortTaken"};
  again_.Start(kAgain);
}

}  // namespace kvs::agent
