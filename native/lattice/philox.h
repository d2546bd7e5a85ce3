// SPDX-License-Identifier: MIT
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): a bijection of a 128-bit counter under a 64-bit key. Having no state, it gives every
// sample, unit and pixel its own numbers in any order, on any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lattice/host_device.h"

namespace gridmask {

struct Philox4 {
  uint32_t word[4];
};

// Several counters at a time: each round waits for the last, but not one counter for another.
template <int kCount>
GRIDMASK_HD inline void philox4x32(Philox4 (&counters)[kCount], uint32_t key0, uint32_t key1) {
  constexpr uint32_t kMultiplier0 = 0xD2511F53u;
  constexpr uint32_t kMultiplier1 = 0xCD9E8D57u;
  constexpr uint32_t kWeyl0 = 0x9E3779B9u;
  constexpr uint32_t kWeyl1 = 0xBB67AE85u;

  GRIDMASK_NO_UNROLL
  for (int round = 0; round < 10; ++round) {
    GRIDMASK_UNROLL
    for (int k = 0; k < kCount; ++k) {
      const Philox4 counter = counters[k];
      const uint64_t product0 = uint64_t{kMultiplier0} * counter.word[0];
      const uint64_t product1 = uint64_t{kMultiplier1} * counter.word[2];
      counters[k] = {{static_cast<uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                      static_cast<uint32_t>(product1),
                      static_cast<uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                      static_cast<uint32_t>(product0)}};
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
}

GRIDMASK_HD inline Philox4 philox4x32(Philox4 counter, uint32_t key0, uint32_t key1) {
  Philox4 counters[1] = {counter};
  philox4x32(counters, key0, key1);
  return counters[0];
}

}  // namespace gridmask
