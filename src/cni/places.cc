#include "cni/places.h"

#include <algorithm>
#include <utility>

#include "ovsdb/names.h"

namespace kvs::cni {

Places::Places(const Call& call, std::vector<Prefix> ranges, const std::vector<std::string>& ports,
               const std::vector<Ip>& delegated)
    : call_(call), ranges_(std::move(ranges)) {
  for (const Ip& ip : delegated)
    if (!std::ranges::count(delegated_, ip)) delegated_.push_back(ip);
  for (const std::string& name : ports)
    if (const auto index = ovsdb::IndexOfPort(name)) ports_.insert(*index);
  tried_ = ports_;
}

Outcome<Place> Places::Next() {
  if (!delegated_.empty()) return Delegated();
  const auto window = Window::Over(ranges_);
  if (!window) return tl::unexpected(window.error());
  if (!call_.conf.ips.empty()) return Requested(*window);
  auto index = window->Pick(call_.env.attachment(), tried_);
  if (!index && !nothing_else_) {
    nothing_else_ = true;
    tried_ = ports_;
    index = window->Pick(call_.env.attachment(), tried_);
  }
  if (index) return At(*window, *index);
  return Refuse(Code::kTryLater,
                "no address is free in this node's pod range {}: {} are in use; delete pods or "
                "give the node a larger range",
                window->ToString(), tried_.size());
}

Outcome<Place> Places::Delegated() {
  const std::string port = ovsdb::ForeignPortName(call_.env.attachment());
  if (std::exchange(last_, 1) == 0) return Place{.port = port, .ips = delegated_};
  return Refuse(Code::kAddressTaken, "port {} is there already, and not of {}", port,
                call_.env.who());
}

Outcome<Place> Places::Requested(const Window& window) {
  const auto index = window.IndexOf(call_.conf.ips);
  if (!index) return tl::unexpected(index.error());
  if (!tried_.contains(*index)) return At(window, *index);
  return Refuse(Code::kAddressTaken, "runtimeConfig.ips: {} belongs to another pod, at port {}",
                Join(call_.conf.ips), ovsdb::PortName(*index));
}

Place Places::At(const Window& window, uint64_t index) {
  last_ = index;
  return {
      .port = ovsdb::PortName(index), .ips = window.At(index), .ofport = ovsdb::OfportOf(index)};
}

}  // namespace kvs::cni
