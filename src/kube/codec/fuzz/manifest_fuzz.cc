#include <cstdlib>

#include <boost/json.hpp>

#include "kube/codec/json.h"
#include "kube/codec/manifest.h"
#include "kube/codec/yaml.h"

// Any text as a manifest: nothing breaks, and what is accepted is printed and read back the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvs::kube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* file : {"a.yaml", "a.json"})
    for (const auto& [object, line] : ParseManifest(file, text).items) {
      const Manifest again = ParseManifest("b.yaml", PrintYaml(Encode(object)));
      if (again.items.size() != 1 || again.items[0].object != object) abort();
    }
  return 0;
}
