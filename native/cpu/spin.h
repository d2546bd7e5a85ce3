// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <thread>

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

// Spins until `isOver()`, but not for long: what is waited for takes microseconds, or it is better
// to sleep. Gives up at once where the core is wanted by another thread, which shows by a yield
// that takes its time. Returns whether it is over.
template <typename IsOver>
bool spinUntil(const IsOver& isOver, std::chrono::microseconds most) {
  using Clock = std::chrono::steady_clock;
  constexpr int kBetweenYields = 32;
  constexpr std::chrono::microseconds kLongYield{10};
  const Clock::time_point end = Clock::now() + most;
  for (;;) {
    for (int i = 0; i < kBetweenYields; ++i) {
      if (isOver()) return true;
      spinOnce();
    }
    const Clock::time_point before = Clock::now();
    if (before >= end) return isOver();
    std::this_thread::yield();
    if (Clock::now() - before > kLongYield) return isOver();
  }
}

}  // namespace gridmask::cpu
