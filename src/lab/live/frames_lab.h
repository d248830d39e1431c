#pragma once

#include <memory>

#include "lab/live/live_lab.h"
#include "lab/live/tap.h"

namespace kvs::lab {

// A lab, and access to the link of a pod on node1: a test sends frames that the pod itself would
// not.
class FramesLab : public LiveLab {
 protected:
  void SetUp() override {
    LiveLab::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    pod_ = PodOn("node1");
    mac_ = *Mac::Parse(pod_.mac);
    auto tap = Tap::Open(pod_.netns(lab_->state()), "eth0", Tap::Sees::kIncoming);
    ASSERT_TRUE(tap) << tap.error().message;
    tap_ = std::move(*tap);
  }

  Pod pod_;
  Mac mac_;
  std::unique_ptr<Tap> tap_;
};

}  // namespace kvs::lab
