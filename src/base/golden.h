#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "base/file.h"

namespace kvs {

// For tests: expects `text` to equal the content of the file. With UPDATE=1 in the environment it
// writes the file first; review the difference before you commit it.
inline void ExpectGolden(const std::string& path, const std::string& text) {
  if (std::getenv("UPDATE") != nullptr) std::ofstream(path) << text;
  EXPECT_EQ(text, ReadFile(path).value_or("")) << "UPDATE=1 writes the new text into " << path;
}

}  // namespace kvs
