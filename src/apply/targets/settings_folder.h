#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "apply/targets/settings_record.h"

namespace kvs::apply {

// For tests: a folder in the place of /proc/sys, in which changing one setting does not change
// others; lab/live/uninstall_live_test.cc tests with the kernel's settings.
class SettingsFolder : public testing::Test {
 protected:
  SettingsFolder()
      : folder_(std::filesystem::temp_directory_path() /
                ("kvs-settings." + std::to_string(getpid()))) {}
  ~SettingsFolder() override { std::filesystem::remove_all(folder_); }

  SettingsRecord Record() const { return {folder_ / "found-settings", folder_ / "sys"}; }
  void Set(const std::string& path, const std::string& value) {
    std::filesystem::create_directories((folder_ / "sys" / path).parent_path());
    std::ofstream(folder_ / "sys" / path, std::ios::trunc) << value << "\n";
  }
  std::string Get(const std::string& path) {
    std::ifstream in(folder_ / "sys" / path);
    std::string value;
    in >> value;
    return value;
  }

  const std::filesystem::path folder_;
};

}  // namespace kvs::apply
