// SPDX-License-Identifier: MIT
//
// From bits, one for each value of a vector, to bytes.
#pragma once

#include <cstdint>

#include "cuda/memory.h"

namespace gridmask::cuda {

template <int valueBytes>
constexpr int kValuesOf = 16 / valueBytes;  // in a vector
template <int valueBytes>
constexpr uint32_t kAllOf = (1u << kValuesOf<valueBytes>)-1;

// The number of the lowest bit that is set; one is.
GRIDMASK_HD inline uint32_t lowestBitOf(uint32_t bits) {
#ifdef __CUDA_ARCH__
  return static_cast<uint32_t>(__ffs(static_cast<int>(bits))) - 1;
#else
  uint32_t number = 0;
  while ((bits >> number & 1) == 0) ++number;
  return number;
#endif
}

// All ones in the bytes of a word's values whose bit is set.
template <int valueBytes>
GRIDMASK_HD inline uint32_t bytesOf(uint32_t bits) {
  if (valueBytes == 4) return 0u - (bits & 1);
  if (valueBytes == 2) return (0u - (bits & 1)) >> 16 | (0u - (bits >> 1 & 1)) << 16;
#ifdef __CUDA_ARCH__
  // The product moves each of the four bits to the highest of its byte, which is then repeated.
  uint32_t mask;
  asm("prmt.b32 %0, %1, 0, 0xBA98;" : "=r"(mask) : "r"((bits & 0xF) * 0x10204080u));
  return mask;
#else
  // The product moves each of the four bits to the lowest of its byte.
  return ((bits & 0xF) * 0x00204081u & 0x01010101u) * 0xFFu;
#endif
}

// The bits of `some` where the mask's are set, else those of `others`.
GRIDMASK_HD inline uint32_t choose(uint32_t mask, uint32_t some, uint32_t others) {
#ifdef __CUDA_ARCH__
  // One instruction; compilers make two or three of it.
  uint32_t result;
  asm("lop3.b32 %0, %1, %2, %3, 0xCA;" : "=r"(result) : "r"(mask), "r"(some), "r"(others));
  return result;
#else
  return (some & mask) | (others & ~mask);
#endif
}

// `fill` in the bytes of those values whose bit is set, else `kept`.
template <int valueBytes>
GRIDMASK_HD inline Vector blend(const Vector& kept, const Vector& fill, uint32_t dropped) {
  Vector result;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    if (valueBytes == 4) {
      result.word[w] = (dropped >> w & 1) != 0 ? fill.word[w] : kept.word[w];
      continue;
    }
    const uint32_t mask = bytesOf<valueBytes>(dropped >> (w * (4 / valueBytes)));
    result.word[w] = choose(mask, fill.word[w], kept.word[w]);
  }
  return result;
}

// Value k's bytes as the lowest of the result.
template <int valueBytes>
GRIDMASK_HD inline typename Unsigned<valueBytes>::type valueOf(uint32_t word, int k) {
  return static_cast<typename Unsigned<valueBytes>::type>(word >> (k * valueBytes * 8 & 31));
}

// The fill where a value's bit is set, and nothing else: the whole vector, words or values.
template <int valueBytes>
GRIDMASK_HD inline void storeDropped(uint8_t* to, const Vector& fill, uint32_t dropped) {
  using Value = typename Unsigned<valueBytes>::type;
  constexpr int kPerWord = 4 / valueBytes;
  constexpr uint32_t kWhole = (1u << kPerWord) - 1;
  if (dropped == kAllOf<valueBytes>) {
    store<Vector>(to, fill);
    return;
  }
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    const uint32_t some = dropped >> (w * kPerWord) & kWhole;
    if (some == kWhole) {
      store<uint32_t>(to + 4 * w, fill.word[w]);
    } else if (some != 0) {
      for (int k = 0; k < kPerWord; ++k) {
        if (some >> k & 1) {
          store<Value>(to + 4 * w + k * valueBytes, valueOf<valueBytes>(fill.word[w], k));
        }
      }
    }
  }
}

}  // namespace gridmask::cuda
