// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gridmask::cpu {

// Both copy between separate arrays. Calling memcpy() takes longer than copying a short run.

constexpr size_t kShortBytes = 64;

// Of at most kShortBytes.
inline void copyShort(uint8_t* to, const uint8_t* from, size_t bytes) {
  // The first and the last bytes, which may be the same ones.
  const auto ends = [&](auto part) {
    auto last = part;
    std::memcpy(&part, from, sizeof part);
    std::memcpy(&last, from + bytes - sizeof last, sizeof last);
    std::memcpy(to, &part, sizeof part);
    std::memcpy(to + bytes - sizeof last, &last, sizeof last);
  };
  struct Sixteen {
    uint64_t half[2];
  };
  struct ThirtyTwo {
    uint64_t quarter[4];
  };
  if (bytes >= 32) {
    ends(ThirtyTwo{});
  } else if (bytes >= 16) {
    ends(Sixteen{});
  } else if (bytes >= 8) {
    ends(uint64_t{});
  } else if (bytes >= 4) {
    ends(uint32_t{});
  } else {
    for (size_t k = 0; k < bytes; ++k) to[k] = from[k];
  }
}

inline void copyBytes(uint8_t* to, const uint8_t* from, size_t bytes) {
  if (bytes <= kShortBytes) {
    copyShort(to, from, bytes);
  } else {
    std::memcpy(to, from, bytes);
  }
}

}  // namespace gridmask::cpu
