// SPDX-License-Identifier: MIT
//
// What this processor and its operating system can do. Asked of the processor itself: the
// compilers' own question needs a library that not all of them bring.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>

#include <cstdint>

namespace gridmask::cpu {

// AVX2 and BMI2, and an operating system that saves the upper halves of the registers.
inline bool hasAvx2() {
  constexpr unsigned kOsxsave = 1u << 27, kAvx = 1u << 28;  // of leaf 1, ecx
  constexpr unsigned kAvx2 = 1u << 5, kBmi2 = 1u << 8;      // of leaf 7, ebx
  constexpr uint32_t kSaved = 6;                            // xmm and ymm, of register 0
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  if ((c & kOsxsave) == 0 || (c & kAvx) == 0) return false;
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & kSaved) != kSaved) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kAvx2) != 0 && (b & kBmi2) != 0;
}

}  // namespace gridmask::cpu

#endif
