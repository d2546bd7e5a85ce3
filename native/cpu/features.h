// SPDX-License-Identifier: MIT
//
// What this processor and its operating system can do. Asked of the processor itself: the
// compilers' own question needs a library that not all of them bring.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>

#include <cstdint>

namespace gridmask::cpu {

namespace detail {

// What is asked of leaf 7, and what of the registers the operating system saves.
inline bool hasFeatures(unsigned wanted, uint32_t saved) {
  constexpr unsigned kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;  // of leaf 1, ecx
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  if ((c & kOsxsave) == 0 || (c & kAvx) == 0 || (c & kF16c) == 0) return false;
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & saved) != saved) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & wanted) == wanted;
}

constexpr unsigned kAvx2 = 1u << 5, kBmi2 = 1u << 8;  // of leaf 7, ebx
constexpr unsigned kAvx512f = 1u << 16, kAvx512bw = 1u << 30;
constexpr uint32_t kSavesYmm = 6;     // xmm and ymm, of register 0
constexpr uint32_t kSavesZmm = 0xE6;  // and zmm, and the masks

}  // namespace detail

// AVX2, BMI2 and F16C, and an operating system that saves the upper halves of the registers.
inline bool hasAvx2() {
  return detail::hasFeatures(detail::kAvx2 | detail::kBmi2, detail::kSavesYmm);
}

// These, AVX-512F and AVX-512BW.
inline bool hasAvx512() {
  return detail::hasFeatures(detail::kAvx2 | detail::kBmi2 | detail::kAvx512f | detail::kAvx512bw,
                             detail::kSavesZmm);
}

}  // namespace gridmask::cpu

#endif
