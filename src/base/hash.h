#pragma once

#include <cstdint>
#include <string_view>

namespace kvs {

// FNV-1a, 64 bits. Its values must never change: identities that live in a switch (cookies, group
// ids) and positions in an address range come from it, and must be the same after a restart and an
// upgrade.
constexpr uint64_t StableHash(std::string_view text, uint64_t seed = 0xcbf29ce484222325u) {
  for (char c : text) seed = (seed ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return seed;
}

}  // namespace kvs
