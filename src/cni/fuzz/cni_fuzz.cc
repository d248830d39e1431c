#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cni/config.h"

// Standard input of every command; and the answer of a delegated plugin.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvs::cni;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)AnswerVersion(text);
  for (const Command command : {Command::kAdd, Command::kDel, Command::kCheck, Command::kGc})
    (void)NetConf::Decode(command, text);
  const auto result = CniResult::Decode(text);
  if (!result) return 0;
  for (const std::string_view version : kSupportedVersions)
    if (!CniResult::Decode(result->Encode(version))) __builtin_trap();
  return 0;
}
