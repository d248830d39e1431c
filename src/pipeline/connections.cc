#include "pipeline/rules.h"
#include "pipeline/terms.h"

// The skeleton that policy, Services and replies hang on: every packet meets the tracker once, in
// zone kPolicy, without translation. A new connection is remembered with the mark of how it began;
// every later packet gets that mark back, so that replies find the way the connection came. Marks
// of earlier builds are read as those wrote them.
//
// Before our own ct() nothing is asked of ct_state: in the kernel datapath, what the host sends
// arrives tracked already, in the host's own zone.
namespace kvs::pipeline {
namespace {

using flow::kCtInv, flow::kCtNew, flow::kCtRpl;

constexpr Tracked kForth{.set = 0, .clear = kCtInv | kCtNew | kCtRpl};
constexpr Tracked kBack{.set = kCtRpl, .clear = kCtInv | kCtNew};
constexpr GoTo kNext{Next(TableId::kState)};

void RecallEarlierMarks(const world::MarkLayout& layout, Plan& plan) {
  const MarkOfGeneration of{layout.generation};
  const auto state = [&] { return plan.Flow(TableId::kState, kOverride); };
  state().Match(kForth, of).Do(RecallMarkOf{layout}, kNext);
  state().Match(kBack, of).Do(RecallMarkOf{layout}, Load{kReply, true}, kNext);
}

}  // namespace

void TrackConnections(const View& view, const world::Self&, Plan& plan) {
  const auto state = [&](uint16_t priority) { return plan.Flow(TableId::kState, priority); };

  for (const Family family : kFamilies)
    plan.Flow(TableId::kTrack, kFallback)
        .Match(IpPacket{family})
        .Do(Track{Zone::kPolicy, TableId::kState});

  state(kGuard).Match(Tracked{.set = kCtInv, .clear = 0}).Drop();
  state(kExact).Match(Tracked{.set = kCtNew, .clear = kCtInv}).Do(Load{kNew, true}, kNext);
  state(kExact).Match(kForth).Do(RecallMark{}, kNext);
  state(kExact).Match(kBack).Do(RecallMark{}, Load{kReply, true}, kNext);
  const std::vector<world::MarkLayout>& layouts = view.datapath().mark_layouts;
  for (const world::MarkLayout& layout : layouts)
    if (&layout != &layouts.back()) RecallEarlierMarks(layout, plan);

  const uint8_t generation = layouts.empty() ? 0 : layouts.back().generation;
  for (const Family family : kFamilies)
    plan.Flow(TableId::kCommit, kExact)
        .Match(IpPacket{family}, Is{kNew, true})
        .Do(CommitWithMark{generation}, GoTo{Next(TableId::kCommit)});
}

}  // namespace kvs::pipeline
