#include "cni/port_candidates.h"

#include <algorithm>
#include <utility>

#include "ovsdb/names.h"

namespace kvs::cni {

PortCandidates::PortCandidates(const Call& call, std::vector<Prefix> ranges,
                               const std::vector<std::string>& ports,
                               const std::vector<Ip>& delegated)
    : call_(call), ranges_(std::move(ranges)) {
  for (const Ip& ip : delegated)
    if (!std::ranges::count(delegated_, ip)) delegated_.push_back(ip);
  for (const std::string& name : ports)
    if (const auto index = ovsdb::IndexOfPort(name)) ports_.insert(*index);
  tried_ = ports_;
}

Outcome<PortCandidate> PortCandidates::Next() {
  if (!delegated_.empty()) return Delegated();
  const auto pool = AddressPool::Over(ranges_);
  if (!pool) return tl::unexpected(pool.error());
  if (!call_.conf.ips.empty()) return Requested(*pool);
  auto index = pool->Pick(call_.env.attachment(), tried_);
  if (!index && !nothing_else_) {
    nothing_else_ = true;
    tried_ = ports_;
    index = pool->Pick(call_.env.attachment(), tried_);
  }
  if (index) return At(*pool, *index);
  return Refuse(Code::kTryLater,
                "no address is free in this node's pod range {}: {} are in use; delete pods or "
                "give the node a larger range",
                pool->ToString(), tried_.size());
}

Outcome<PortCandidate> PortCandidates::Delegated() {
  const std::string port = ovsdb::ForeignPortName(call_.env.attachment());
  if (std::exchange(last_, 1) == 0) return PortCandidate{.port = port, .ips = delegated_};
  return Refuse(Code::kAddressTaken, "port {} exists already and is not of {}", port,
                call_.env.who());
}

Outcome<PortCandidate> PortCandidates::Requested(const AddressPool& pool) {
  const auto index = pool.IndexOf(call_.conf.ips);
  if (!index) return tl::unexpected(index.error());
  if (!tried_.contains(*index)) return At(pool, *index);
  return Refuse(Code::kAddressTaken, "runtimeConfig.ips: {} belongs to another pod, at port {}",
                Join(call_.conf.ips), ovsdb::PortName(*index));
}

PortCandidate PortCandidates::At(const AddressPool& pool, uint64_t index) {
  last_ = index;
  return {.port = ovsdb::PortName(index), .ips = pool.At(index), .ofport = ovsdb::OfportOf(index)};
}

}  // namespace kvs::cni
