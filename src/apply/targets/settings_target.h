#pragma once

#include <string>

#include "apply/frame/target.h"
#include "apply/targets/settings_record.h"
#include "engine/desired.h"
#include "pipeline/items.h"

namespace kvs::apply {

// The kernel's settings that pods need. Their previous values are recorded, so that uninstalling
// can restore them.
class SettingsTarget final : public Target<pipeline::KernelSetting> {
 public:
  // `desired`: the settings to read.
  SettingsTarget(SettingsRecord record, const engine::Desired<pipeline::KernelSetting>& desired)
      : record_(std::move(record)), desired_(desired) {}

  void Dump(OnContents done) override;
  // A setting that is no longer desired stays: uninstalling restores it.
  void Apply(const Deltas& deltas, OnOutcome done) override;

 private:
  SettingsRecord record_;
  const engine::Desired<pipeline::KernelSetting>& desired_;
};

}  // namespace kvs::apply
