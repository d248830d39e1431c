#include "pipeline/phrases.h"
#include "pipeline/rules.h"

// The skeleton that policy, Services and replies hang on: every packet meets the tracker once, in
// zone kPolicy, without translation. A new connection is remembered with the mark of how it began;
// every later packet gets that mark back, so that replies find the way the connection came.
//
// Before our own ct() nothing is asked of ct_state: in the kernel datapath, what the host sends
// arrives tracked already, in the host's own zone.
namespace kvs::pipeline {

void TrackConnections(const View&, const world::Self&, Plan& plan) {
  using enum flow::CtState;
  const auto state = [&](uint16_t priority) { return plan.Flow(Stage::kState, priority); };
  const GoTo next{Next(Stage::kState)};

  for (const bool six : {false, true})
    plan.Flow(Stage::kTrack, kExact).Match(IpPacket{six}).Do(Track{Zone::kPolicy, Stage::kState});

  state(kGuard).Match(Tracked{.set = kCtInv, .clear = 0}).Drop();
  state(kExact).Match(Tracked{.set = kCtNew, .clear = kCtInv}).Do(Load{kNew, true}, next);
  state(kExact).Match(Tracked{.set = 0, .clear = kCtInv | kCtNew | kCtRpl}).Do(RecallMark{}, next);
  state(kExact)
      .Match(Tracked{.set = kCtRpl, .clear = kCtInv | kCtNew})
      .Do(RecallMark{}, Load{kReply, true}, next);

  for (const bool six : {false, true})
    plan.Flow(Stage::kCommit, kExact)
        .Match(IpPacket{six}, Is{kNew, true})
        .Do(CommitWithMark{}, GoTo{Next(Stage::kCommit)});
}

}  // namespace kvs::pipeline
