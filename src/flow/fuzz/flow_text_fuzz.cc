#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "flow/flow.h"

// Any text is refused with a message or read, and what was read is printed and read back the same.
namespace {

template <class T>
void CheckRoundTrip(std::string_view text) {
  const auto value = T::Parse(text);
  if (!value) return;
  const auto again = T::Parse(value->ToString());
  if (!again || *again != *value) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckRoundTrip<kvs::flow::Match>(text);
  CheckRoundTrip<kvs::flow::Flow>(text);
  CheckRoundTrip<kvs::flow::Group>(text);
  CheckRoundTrip<kvs::flow::Meter>(text);
  return 0;
}
