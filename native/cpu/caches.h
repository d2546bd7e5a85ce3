// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace gridmask::cpu {

// Up to this many bytes, a batch and its result may both be in the second-level caches.
constexpr size_t kSecondLevelBytes = size_t{1} << 20;

// Up to how many bytes a result may still be in the last-level cache when somebody reads it. Larger
// results are written past the caches. A virtual machine with two cores often reports a cache of
// hundreds of megabytes, which it shares with all others on the host: so a bound for each core
// applies as well.
inline size_t cachedBytes() {
  static const size_t bytes = [] {
    constexpr size_t kUnknown = size_t{8} << 20;
#ifdef _SC_LEVEL3_CACHE_SIZE
    constexpr size_t kMostOfCore = size_t{12} << 20;
    const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cache > 0 && cores > 0) {
      return std::min(static_cast<size_t>(cache) / 2, static_cast<size_t>(cores) * kMostOfCore);
    }
#endif
    return kUnknown;
  }();
  return bytes;
}

}  // namespace gridmask::cpu
