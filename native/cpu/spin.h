// SPDX-License-Identifier: MIT
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#endif

namespace gridmask::cpu {

// Once around a loop that waits for another thread: leaves the core's power to who has work.
inline void spinOnce() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("yield");
#endif
}

}  // namespace gridmask::cpu
