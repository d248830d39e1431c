#include "io/health_port.h"

namespace kvs::io {
namespace {

constexpr std::chrono::milliseconds kAgain{2000};

}  // namespace

HealthPort::HealthPort(Loop& loop, std::string address, HttpServer::Serve serve,
                       std::function<void(const std::optional<Problem>&)> on_try, Words words)
    : loop_(loop),
      address_(std::move(address)),
      serve_(std::move(serve)),
      on_try_(std::move(on_try)),
      words_(std::move(words)),
      again_(loop, [this] { Listen(); }) {
  if (!address_.empty()) Listen();
}

void HealthPort::Listen() {
  auto made = HttpServer::OnTcp(loop_, address_, serve_);
  problem_.reset();
  if (made) {
    server_ = *std::move(made);
  } else {
    problem_ = {
        "Host", words_.field,
        fmt::format(
            "{}; {} until the address is free: see ss -ltnp on this node, or choose another {}",
            made.error().message, words_.loss, words_.flag),
        words_.reason};
    again_.Start(kAgain);
  }
  if (on_try_) on_try_(problem_);
}

}  // namespace kvs::io
