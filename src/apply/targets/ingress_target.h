#pragma once

#include <memory>

#include "apply/frame/target.h"
#include "netlink/socket.h"
#include "pipeline/items.h"

namespace kvs::apply {

// The links on which the kernel drops all arriving packets (nftables, table netdev k-vswitch).
class IngressTarget final : public Target<pipeline::IngressDrop> {
 public:
  void Dump(OnContents done) override;
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  std::unique_ptr<netlink::Socket> socket_;
};

}  // namespace kvs::apply
