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

// Byte k of the result is the one of the two words' eight bytes that nibble k of `numbers` names.
GRIDMASK_HD inline uint32_t bytesAt(uint32_t word, uint32_t next, uint32_t numbers) {
#ifdef __CUDA_ARCH__
  return __byte_perm(word, next, numbers);
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

// The bytes of a word whose numbers are below `count`, which may be negative or too large.
GRIDMASK_HD inline uint32_t firstBytes(int32_t count) {
  return count <= 0 ? 0 : count >= 4 ? 0xFFFFFFFFu : (1u << (8 * count)) - 1;
}

struct Stretch {
  uint32_t word[4];

  // `bytes` bytes: those in [begin, end) are read, the others are 0. The words at both ends are
  // read whole.
  GRIDMASK_HD static Stretch load(const uint8_t* from, uint32_t bytes, uint32_t begin,
                                  uint32_t end) {
    const uint32_t before = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(from)) & 3;
    uint32_t read[5];
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < 5; ++k) {
      const bool isNeeded = 4 * k + 4 > before + begin && 4 * k < before + end;
      read[k] = isNeeded ? cuda::load<uint32_t>(from - before + 4 * k) : 0;
    }
    Stretch stretch;
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) stretch.word[k] = wordFrom(read[k], read[k + 1], before);
    if (begin == 0 && end == bytes) return stretch;
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      stretch.word[k] &= firstBytes(static_cast<int32_t>(end) - 4 * k) &
                         ~firstBytes(static_cast<int32_t>(begin) - 4 * k);
    }
    return stretch;
  }
};

// Picks four bytes: byte k is the one that nibble k names.
class Picker {
 public:
  GRIDMASK_HD explicit Picker(uint32_t numbers)
      : ofEight_(numbers & 0x7777u), half_(0x3210u + ((numbers & 0x8888u) >> 1)) {}

  GRIDMASK_HD uint32_t pick(const Stretch& from) const {
    return bytesAt(bytesAt(from.word[0], from.word[1], ofEight_),
                   bytesAt(from.word[2], from.word[3], ofEight_), half_);
  }

 private:
  uint32_t ofEight_;
  uint32_t half_;
};

}  // namespace gridmask::cuda
