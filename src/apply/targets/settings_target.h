#pragma once

#include <string>

#include "apply/frame/target.h"
#include "apply/targets/settings_record.h"
#include "engine/desired.h"
#include "pipeline/items.h"

namespace kvs::apply {

// The kernel's settings that pods need. What they were before is recorded, so that uninstalling can
// put it back.
class SettingsTarget final : public Target<pipeline::KernelSetting> {
 public:
  // `desired`: those that are looked at.
  SettingsTarget(SettingsRecord record, const engine::Desired<pipeline::KernelSetting>& desired)
      : record_(std::move(record)), desired_(desired) {}

  void Dump(OnContents done) override;
  // A setting that is desired no longer stays: uninstalling puts it back.
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  SettingsRecord record_;
  const engine::Desired<pipeline::KernelSetting>& desired_;
};

}  // namespace kvs::apply
