#include "pipeline/rules.h"
#include "pipeline/terms.h"

// A cloud tells every machine that asks who it is, and gives it that identity's credentials, at an
// address that each machine reaches for itself (169.254.169.254; Amazon's in IPv6). A pod that asks
// is taken for its node. Some pods need that; where none does, metadataAccess: deny shuts it.
namespace kvs::pipeline {
namespace {

constexpr Ip4 kMetadata4{{169, 254, 169, 254}};
constexpr Ip6 kMetadata6{{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}};

}  // namespace

// Also on its way through the host: a Service may have translated the packet there.
void DenyMetadata(const View&, const world::Self& self, Plan& plan) {
  if (!self.deny_metadata) return;
  for (const Ip& ip : {Ip(kMetadata4), Ip(kMetadata6)}) {
    plan.Flow(TableId::kTrack, kGuard).Match(Destination{ip}).Drop();
    plan.Put(AddressSetMember{AddressSetMember::Set::kDenied, Prefix::Host(ip)});
  }
}

}  // namespace kvs::pipeline
