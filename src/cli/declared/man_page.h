#pragma once

#include <string>

#include "base/result.h"

namespace CLI {
class App;
}

namespace kvs::cli {

// The manual page of a command in section 1, in the macros of man(7); and its file name,
// "kvs-lab-pod-add.1".
std::string ManPage(const CLI::App& command);
std::string ManPageName(const CLI::App& command);

// Writes a page for `app` and one for each command below it into a folder, which is created if
// needed.
Result<> WriteManPages(const CLI::App& app, const std::string& folder);

}  // namespace kvs::cli
