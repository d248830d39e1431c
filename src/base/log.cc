#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/printable.h"

namespace kvs::log {
namespace {

constexpr const char* kText = "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v";

spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_color_st("kvs");
    made->set_pattern(kText, spdlog::pattern_time_type::utc);
    return made;
  }();
  return *logger;
}

bool json = false;  // NOLINT: the process has one log

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

Result<> Configure(std::string_view level, std::string_view format) {
  if (format != "text" && format != "json")
    return Fail("log format \"{}\" is unknown; use text or json", format);
  json = format == "json";
  Logger().set_pattern(
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})" : kText,
      spdlog::pattern_time_type::utc);
  return SetLevel(level);
}

Result<> SetLevel(std::string_view level) {
  for (const Level one : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    const auto name = spdlog::level::to_string_view(ToSpdlog(one));
    if (level != std::string_view(name.data(), name.size())) continue;
    Logger().set_level(ToSpdlog(one));
    return {};
  }
  return Fail("log level \"{}\" is unknown; use debug, info, warning or error", level);
}

bool Enabled(Level level) { return Logger().should_log(ToSpdlog(level)); }

void Write(Level level, std::string_view message) {
  Logger().log(ToSpdlog(level), "{}", Printable(json ? Quote(message) : message));
}

}  // namespace kvs::log
