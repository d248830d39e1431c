#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/result.h"

// Logs to stderr, one line per message, as text or as JSON ({"time","level","message"}); control
// characters are escaped (base/printable.h). The level can change while the program runs. Log what
// an operator can act on; never one line per packet or flow.
namespace kvs::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// `level` is debug, info, warning or error; `format` is text or json. An Error names the rejected
// value.
Result<> Configure(std::string_view level, std::string_view format);
Result<> SetLevel(std::string_view level);
bool Enabled(Level level);
void Write(Level level, std::string_view message);

template <class... Args>
void Debug(fmt::format_string<Args...> text, Args&&... args) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void Info(fmt::format_string<Args...> text, Args&&... args) {
  if (Enabled(Level::kInfo)) Write(Level::kInfo, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void Warning(fmt::format_string<Args...> text, Args&&... args) {
  Write(Level::kWarning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void Error(fmt::format_string<Args...> text, Args&&... args) {
  Write(Level::kError, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace kvs::log
