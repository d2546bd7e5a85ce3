// SPDX-License-Identifier: MIT
//
// Reads up to sixteen neighbouring bytes at any address as words, and picks bytes out of them. Rows
// of a decoded image begin and end anywhere, but single bytes are too little for a load.
#pragma once

#include <cstdint>

#include "cuda/memory.h"

namespace gridmask::cuda {

// Bytes before, before + 1, … of two words that follow one another in memory; before < 4.
GRIDMASK_HD inline uint32_t wordFrom(uint32_t word, uint32_t next, uint32_t before) {
#ifdef __CUDA_ARCH__
  return __funnelshift_r(word, next, 8 * before);
#else
  return static_cast<uint32_t>((uint64_t{next} << 32 | word) >> (8 * before));
#endif
}

// Byte k of the result is the one of the two words' eight bytes that nibble k of `numbers` names;
// none is above 7.
GRIDMASK_HD inline uint32_t bytesAt(uint32_t word, uint32_t next, uint32_t numbers) {
#ifdef __CUDA_ARCH__
  // __byte_perm() would clear the highest bit of each nibble first.
  uint32_t result;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(result) : "r"(word), "r"(next), "r"(numbers));
  return result;
#else
  const uint64_t both = uint64_t{next} << 32 | word;
  uint32_t result = 0;
  for (int k = 0; k < 4; ++k) {
    const uint32_t number = numbers >> (4 * k) & 7;
    result |= static_cast<uint32_t>(both >> (8 * number) & 0xFF) << (8 * k);
  }
  return result;
#endif
}

// Sixteen neighbouring bytes.
struct Stretch {
  uint32_t word[4];

  // Only words with a byte of [begin, end) are read, the others are 0.
  GRIDMASK_HD static Stretch load(const uint8_t* from, uint32_t begin, uint32_t end) {
    const auto at = reinterpret_cast<uintptr_t>(from);
    const auto* const words = reinterpret_cast<const uint8_t*>(at & ~uintptr_t{3});
    const uint32_t before = static_cast<uint32_t>(at) & 3;
    uint32_t read[5];
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < 5; ++k) {
      const bool isNeeded = 4 * k + 4 > before + begin && 4 * k < before + end;
      read[k] = isNeeded ? cuda::load<uint32_t>(words + 4 * k) : 0;
    }
    Stretch stretch;
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) stretch.word[k] = wordFrom(read[k], read[k + 1], before);
    return stretch;
  }

  // Bytes `first`, first + 1, … ; those beyond the sixteen are of any value.
  GRIDMASK_HD uint32_t from(uint32_t first) const {
    const uint32_t numbers = 0x3210u + first * 0x1111u;
    const uint32_t ofEight = numbers & 0x7777u;
    return bytesAt(bytesAt(word[0], word[1], ofEight), bytesAt(word[2], word[3], ofEight),
                   0x3210u + ((numbers & 0x8888u) >> 1));
  }
};

// Four neighbouring pixels of at most four bytes, each in a word of its own: byte c is channel c.
// The bytes beyond the channels are of any value.
struct FourPixels {
  uint32_t word[4];

  // Of three bytes each.
  GRIDMASK_HD static FourPixels loadThreeBytes(const uint8_t* from) {
    const auto at = reinterpret_cast<uintptr_t>(from);
    const auto* const words = reinterpret_cast<const uint8_t*>(at & ~uintptr_t{3});
    const uint32_t before = static_cast<uint32_t>(at) & 3;
    uint32_t read[4];
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < 3; ++k) read[k] = cuda::load<uint32_t>(words + 4 * k);
    read[3] = before != 0 ? cuda::load<uint32_t>(words + 12) : 0;
    uint32_t word[3];
    GRIDMASK_UNROLL
    for (int k = 0; k < 3; ++k) word[k] = wordFrom(read[k], read[k + 1], before);
    return {{word[0], bytesAt(word[0], word[1], 0x6543), bytesAt(word[1], word[2], 0x5432),
             word[2] >> 8}};
  }

  // Of `pixelBytes` each. Those in [begin, end) are read, the others are 0.
  GRIDMASK_HD static FourPixels load(const uint8_t* from, uint32_t pixelBytes, uint32_t begin,
                                     uint32_t end) {
    const Stretch stretch = Stretch::load(from, begin * pixelBytes, end * pixelBytes);
    FourPixels pixels;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < 4; ++k) {
      pixels.word[k] = k >= begin && k < end ? stretch.from(k * pixelBytes) : 0;
    }
    return pixels;
  }

  GRIDMASK_HD void reverse() {
    const FourPixels given = *this;
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) word[k] = given.word[3 - k];
  }
};

}  // namespace gridmask::cuda
